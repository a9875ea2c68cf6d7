/* SPDX-License-Identifier: MIT */
/*
 * Errors: one line of text that gains context on its way out, and the exit
 * code that the program ends with.
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

/* The exit codes of mtool; part of its interface. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,  /* it failed */
	EXIT_USAGE = 2,	  /* wrong usage or configuration */
	EXIT_NO_VM = 3,	  /* no such VM */
	EXIT_BUSY = 4,	  /* exists already, or busy */
	EXIT_TIMEOUT = 5, /* timed out */
	EXIT_DIED = 6,	  /* the guest or its stubdomain died */
	EXIT_HOST = 7,	  /* not possible on this host */
};

struct err {
	enum exit_code code;
	char msg[1024];
};

/* Start an error: set code and text. Always returns -1. */
int err_set(struct err *e, enum exit_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Like err_set, and append ": " and the text of errno. Always returns -1. */
int err_sys(struct err *e, enum exit_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "text: " before what is there already. Always returns -1. */
int err_in(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
