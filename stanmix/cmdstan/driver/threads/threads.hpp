#pragma once

namespace driver {

// Whether the program may run in several threads.
extern const bool has_threads;

}  // namespace driver
