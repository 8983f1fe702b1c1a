// Precompiled for all tests. Files still include what they use.
#pragma once

#include "../../lib/cmake/pch.hpp"

#include <doctest/doctest.h>
