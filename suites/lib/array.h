/* SPDX-License-Identifier: MIT */
/* The length of an array. */
#ifndef ARRAY_H
#define ARRAY_H

/* The number of elements of an array. Not for a pointer to an array's first element. */
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#endif
