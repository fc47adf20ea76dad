# SPDX-License-Identifier: MIT

# NSRIG_NEED(VARIABLE, MODULE, DEBIAN-PACKAGE, FEDORA-PACKAGE)
# A library without which there is nothing to build; the error says where to get it.
AC_DEFUN([NSRIG_NEED], [
	PKG_CHECK_MODULES([$1], [$2], [],
		[AC_MSG_ERROR([$2 was not found: install $3 (Debian, Ubuntu) or $4 (Fedora)])])
])

# NSRIG_PROG_CC_GNU11
# C11 with GNU extensions, where that is not the compiler's default.
AC_DEFUN([NSRIG_PROG_CC_GNU11], [
	AC_MSG_CHECKING([for C11 with GNU extensions])
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [[
		static _Thread_local int x;
		_Static_assert(__STDC_VERSION__ >= 201112L, "C11");
		return ({ x; });]])],
		[AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([with -std=gnu11])
		CC="$CC -std=gnu11"])
])
