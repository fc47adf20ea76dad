/* SPDX-License-Identifier: MIT */
/* The length of an array. */
#ifndef ARRAY_H
#define ARRAY_H

/* The elements of an array that is declared in sight: not of a pointer to one. */
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#endif
