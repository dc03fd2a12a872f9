/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verbs that have something to put back ask to be told of SIGINT, SIGTERM and SIGHUP instead of being ended by them.
 * One of these that was ignored when the program began stays ignored.
 */
#ifndef KSM_CLI_STOP_H
#define KSM_CLI_STOP_H

/*
 * From the first call on they are blocked, and this descriptor is readable once one has come: for poll, not for
 * read. -1 if there is none to be had. Belongs to the program.
 */
int ksm_cli_stop_fd(void);

/* Ends the program as the signal that came would have; returns if none has. Standard output must have been closed. */
void ksm_cli_raise_stop(void);

#endif
