/* Calls of the program that a test makes fail, or answers itself. They are found by the linker (--wrap in
 * Makefile.inc), so the program as users have it knows nothing of this; a suite that links seam.c plans what is to
 * happen by text. */
#ifndef MLVICX_TESTS_SEAM_H
#define MLVICX_TESTS_SEAM_H

/** Plan "CALL FROM TO VALUE": what the FROM-th to the TO-th call of a kind, counted from 1, come to. Kinds:
 *
 *     room    file_free_bytes says VALUE bytes
 *     commit  file_commit fails: the disk is full
 *     send    outbox_send fails with the error code VALUE
 *     step    engine_step says that a gradient is not finite
 *     norm    engine_step's gradient norm is VALUE times as large
 *     batch   loader_next fails
 *
 * Several plans may stand for one kind. Pauses (nanosleep) then take no time, except for clock_seconds they do. A plan
 * that cannot be read ends the program. */
void seam_plan(const char *plan);

#endif
