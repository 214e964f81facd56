// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/package.h"

#include <optional>
#include <vector>

#include "gatehouse/base/take_until.h"

namespace gatehouse::extract {

namespace {

constexpr std::size_t kRelationshipsMax = 20'000;
constexpr std::size_t kTargetBytesMax = 2'000;

std::string_view last_word(std::string_view type) { return type.substr(type.rfind('/') + 1); }

class RelationshipList final : public xml::Handler {
 public:
  RelationshipList(std::string part, Relationships& list) : part_(std::move(part)), list_(list) {}

  bool open(std::string_view name, const xml::Attributes& attributes) override {
    const std::string_view target = attributes.find("Target");
    if (name != "Relationship" || target.size() > kTargetBytesMax) return true;
    Relationship one;
    one.kind = last_word(attributes.find("Type"));
    one.is_outside = attributes.find("TargetMode") == "External";
    one.target = one.is_outside ? std::string(target) : resolved(part_, target);
    list_.emplace(attributes.find("Id"), std::move(one));
    return list_.size() < kRelationshipsMax;
  }
  bool close(std::string_view) override { return true; }
  bool text(std::string_view) override { return true; }

 private:
  const std::string part_;
  Relationships& list_;
};

}  // namespace

std::string resolved(std::string_view part, std::string_view target) {
  std::vector<std::string_view> way;
  const auto walk = [&way](std::string_view path) {
    while (!path.empty()) {
      const std::string_view step = base::take_until(path, '/');
      if (step == "..") {
        if (way.empty()) return false;
        way.pop_back();
      } else if (!step.empty() && step != ".") {
        way.push_back(step);
      }
    }
    return true;
  };
  const std::size_t folder = part.rfind('/');
  const bool is_absolute = target.starts_with('/');
  if (!is_absolute && folder != std::string_view::npos) walk(part.substr(0, folder));
  if (!walk(target)) return "";
  std::string name;
  for (const std::string_view step : way) name += (name.empty() ? "" : "/") + std::string(step);
  return name;
}

Extracted<void> read_xml(Archive& archive, const std::string& part, xml::Handler& handler) {
  xml::Reader reader(handler, {});
  bool is_sound = true;
  const auto sink = [&](std::string_view piece) {
    is_sound = reader.feed(piece).has_value();
    return is_sound && !reader.has_enough();
  };
  const auto read = archive.read(part, sink);
  if (!read) return read.error();
  if (!is_sound || !reader.finish()) return Trouble::damaged;
  return {};
}

Relationships relationships_of(Archive& archive, const std::string& part) {
  const std::size_t slash = part.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : part.substr(0, slash + 1);
  const std::string file = slash == std::string::npos ? part : part.substr(slash + 1);
  const std::string name = folder + "_rels/" + file + ".rels";
  Relationships list;
  if (!archive.has(name)) return list;
  RelationshipList handler(part, list);
  // What came before the damage is still good.
  (void)read_xml(archive, name, handler).has_value();
  return list;
}

}  // namespace gatehouse::extract
