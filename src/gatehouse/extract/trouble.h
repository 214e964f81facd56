// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"

namespace gatehouse::extract {

// Why there is no text.
enum class Trouble {
  damaged,      // not what it begins like, or broken off
  encrypted,    // opens with a password only
  too_large,    // unpacks to more than is read
  unsupported,  // a format that is not read
  no_program,   // the program that reads it is not installed
  no_cage,      // or cannot be run here within its limits, which has been logged
  too_slow,     // was ended after its time
  busy,         // too much is being read at the moment; trying again may help
};

template <class T>
using Extracted = base::Result<T, Trouble>;
template <class T>
using ExtractTask = base::Coroutine<Extracted<T>>;

}  // namespace gatehouse::extract
