// What is left to do.
#pragma once

#include "tester/lab.hpp"

#include <string>
#include <vector>

namespace corka::tester_parts {

/// What somebody who waits for the end of all work still waits for, as sentences; empty: nothing is left to do.
///
/// Nothing is where each group that runs somewhere has exactly its living members, which share all partitions; every
/// record of every input is processed, acknowledged, checkpointed and committed; every joined, looked-up, viewed or
/// standby copy is at its topic's end; and nothing that was sent is unreported. Instances that are cut off count as
/// dead ones: the others take over. What services of other kinds do is not seen, but for what they send.
[[nodiscard]] std::vector<std::string> unfinished(lab& in);

/// Why there is no sense in waiting: nobody reaches the broker who has something to do. Empty: there is.
[[nodiscard]] std::string why_in_vain(lab& in);

}  // namespace corka::tester_parts
