/* SPDX-License-Identifier: MIT */
/*
 * For analyzers only, which look at one file at a time: what core/err.h
 * promises of these functions, told in a way that they understand.
 */
#include "core/err.h"

#define err_set(...) (err_set(__VA_ARGS__), -1)
#define err_sys(...) (err_sys(__VA_ARGS__), -1)
#define err_in(...) (err_in(__VA_ARGS__), -1)
