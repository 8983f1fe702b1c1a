#include "store/lmdb/link.hpp"

#include <cstdint>

namespace corka::store::lmdb {

namespace {

constexpr char lone_row_kind = 'r';
constexpr char node_kind = 'n';

void append_number(std::string& to, std::uint64_t n) {
  for (unsigned shift = 0; shift < 64; shift += 8) to += static_cast<char>(n >> shift & 0xFFU);
}

std::uint64_t number_at(std::string_view bytes) {
  std::uint64_t n = 0;
  for (unsigned i = 0; i < 8; ++i) n |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return n;
}

}  // namespace

std::string encode(const link_target& target) {
  std::string to;
  if (const auto* row = std::get_if<lone_row>(&target)) {
    to.reserve(9 + row->rest.size() + row->value.size());
    to += lone_row_kind;
    append_number(to, row->rest.size());
    to += row->rest;
    to += row->value;
  } else {
    to += node_kind;
    append_number(to, std::get<node_id>(target));
  }
  return to;
}

std::optional<link_target> decode_link(std::string_view bytes) {
  if (bytes.size() < 9) return std::nullopt;
  const auto n = number_at(bytes.substr(1));
  const auto left = bytes.substr(9);
  if (bytes[0] == node_kind && left.empty() && n != root_node) return node_id{n};
  if (bytes[0] == lone_row_kind && n <= left.size()) return lone_row{left.substr(0, n), left.substr(n)};
  return std::nullopt;
}

}  // namespace corka::store::lmdb
