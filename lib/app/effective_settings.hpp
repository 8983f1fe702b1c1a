// How the program runs, for people to look at.
#pragma once

#include "app/settings.hpp"
#include "query/ports.hpp"

#include <corka/processor.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace corka::app_parts {

/// What the process is called: --instance, else the machine's name and the process number.
[[nodiscard]] std::string identity_of(const settings& flags);

/// The flags' values as they are in effect. Secrets are masked, and so is every property of Kafka's whose name may mean
/// one.
[[nodiscard]] std::vector<query::settings_section> settings_of(const settings& flags,
                                                               const std::filesystem::path& state_dir);
[[nodiscard]] query::settings_section settings_of(const processor& p);

/// Whether a property of librdkafka's may be a secret, or have one within it.
[[nodiscard]] bool is_secret(std::string_view property) noexcept;

}  // namespace corka::app_parts
