#pragma once

#include <unistd.h>

#include "support/catch.h"

/// Ends a test, or what is left of it, where this process is not root; WHY says what only root can do.
#define M1OPT_NEEDS_ROOT(WHY)        \
  if (::geteuid() != 0) {            \
    WARN("left out: only root " WHY); \
    return;                          \
  }
