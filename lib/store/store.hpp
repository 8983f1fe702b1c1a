// The seam to local storage, which is public: programs may bring stores of their own.
#pragma once

#include <corka/store.hpp>  // IWYU pragma: export
