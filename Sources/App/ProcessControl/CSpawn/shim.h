#pragma once
#include <spawn.h>

/* What glibc (2.34 and newer) has beyond POSIX, and hides from whoever does not define _GNU_SOURCE, as Swift does not. */
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static const short SPAWN_SETSID = 0x80;
