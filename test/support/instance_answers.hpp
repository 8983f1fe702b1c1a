// What an instance of a group is taken to have answered.
#pragma once

#include "query/across_instances.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace corka::test {

/// A member of "planes" at `address` ("a:1"), with the id "a:1-id".
inline query::instance_answer said(std::string address, const nlohmann::ordered_json& body) {
  query::instance_answer i;
  i.members = {address + "-id"};
  i.address = std::move(address);
  i.groups = {"planes"};
  i.body = body.dump();
  return i;
}

}  // namespace corka::test
