// What a handler gets.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace corka::http {

/// A header field as it was sent.
struct field {
  std::string_view name;
  std::string_view value;
};

/// Part of a path or a query, decoded: any bytes.
struct parameter {
  std::string name;
  std::string value;
};

/// One request with its whole body.
///
/// Life: a view into the connection, valid until the handler's coroutine has ended. Cheap to copy.
struct request {
  std::string_view method;
  std::string_view path;   ///< as sent, percent-encoded
  std::string_view query;  ///< as sent, without '?'
  std::span<const parameter> path_parameters;
  std::span<const parameter> query_parameters;
  std::span<const field> fields;
  std::string_view body;

  /// The first field of that name, in whatever case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
  /// What `{name}` of the route's pattern stands for. The pattern must have it.
  [[nodiscard]] const std::string& at(std::string_view name) const;
  /// The first `name=` of the query.
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const noexcept;
};

/// The first of `fields` of that name, in whatever case.
[[nodiscard]] std::optional<std::string_view> find_field(std::span<const field> fields, std::string_view name) noexcept;

/// ASCII only, as names of fields and hosts are compared.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace corka::http
