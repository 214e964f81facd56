// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/keys_command.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "gatehouse/gateway/workbench.h"
#include "gatehouse/vault/key_rotation.h"
#include "gatehouse/vault/local_key_file.h"

namespace gatehouse::gateway {
namespace {

// A process seals with the data key it has for a day, and an hour longer when making one fails.
constexpr std::chrono::hours kSealingTime{25};

int complain(const std::string& text) {
  std::fprintf(stderr, "gatehouse: %s\n", text.c_str());
  return 1;
}

void print_report(const vault::RotationReport& report) {
  std::printf("%zu records: %zu wrapped anew, %zu were under the first key already", report.rows,
              report.rewrapped, report.current);
  if (report.moved_on > 0) std::printf(", %zu changed meanwhile", report.moved_on);
  if (report.refused > 0)
    std::printf(", %zu open under no key and were left alone", report.refused);
  std::printf(".\n");
}

// Whether records under older keys may still appear.
bool is_settled(const vault::RotationReport& report) {
  return report.rewrapped == 0 && report.moved_on == 0 && report.refused == 0;
}

int retire_older_keys(const std::string& path) {
  const auto keys = vault::read_key_file(path);
  if (!keys) return complain(keys.error().detail);
  std::vector<std::uint8_t> older;
  for (std::size_t i = 1; i < keys->master_keys.size(); ++i)
    older.push_back(keys->master_keys[i].id);
  if (older.empty()) {
    std::puts("The key file holds one master key; there is nothing to forget.");
    return 0;
  }
  const auto retired = vault::retire_master_keys(path, older);
  if (!retired) return complain(retired.error().detail);
  std::printf("%s holds the newest master key only. Back it up, and destroy the older backups.\n",
              path.c_str());
  return 0;
}

int say_what_follows(const Config& config, RotationStep step, const vault::RotationReport& report) {
  if (step == RotationStep::finish && is_settled(report)) {
    if (config.key == KeyKind::file) return retire_older_keys(config.key_path);
    std::puts("Older keys are no longer needed: leave them out of GATEHOUSE_KEY.");
    return 0;
  }
  std::puts(
      "Running processes seal with the data key they have for up to a day. Run `gatehouse keys "
      "rotate --finish` after that.");
  return 0;
}

base::Coroutine<int> rotate(Workbench& bench, RotationStep step) {
  vault::KeyRotation rotation(bench.backends->rows(), bench.backends->rewrapper(),
                              bench.backends->data_key_context(),
                              bench.backends->token_key_context(), bench.log);
  auto report = co_await rotation.run();
  if (!report) co_return complain(report.error().detail);
  print_report(*report);
  co_return say_what_follows(bench.config, step, *report);
}

// Nothing when the file has been as it is for long enough.
std::string too_early(const std::string& path) {
  std::error_code ignored;
  const auto changed = std::filesystem::last_write_time(path, ignored);
  const auto age = std::filesystem::file_time_type::clock::now() - changed;
  if (age >= kSealingTime) return {};
  const auto hours = std::chrono::ceil<std::chrono::hours>(kSealingTime - age).count();
  return "a running process may still seal under the older key. Finish in " +
         std::to_string(hours) + (hours == 1 ? " hour." : " hours.");
}

}  // namespace

int make_key_file(const std::string& path) {
  base::SystemRandom random;
  auto keys = vault::create_key_file(path, random);
  if (!keys) return complain(keys.error().detail);
  std::printf(
      "Wrote %s. Back it up apart from the database; whoever holds both and a live token can read "
      "that user's grant.\n",
      path.c_str());
  return 0;
}

int rotate_keys(const Config& config, RotationStep step) {
  if (config.key == KeyKind::file && step == RotationStep::finish) {
    const std::string early = too_early(config.key_path);
    if (!early.empty()) return complain(early);
  }
  if (config.key == KeyKind::file && step == RotationStep::begin) {
    base::SystemRandom random;
    const auto added = vault::add_master_key(config.key_path, random);
    if (!added) return complain(added.error().detail);
    std::printf("%s has a new master key, number %d. Back it up again.\n", config.key_path.c_str(),
                static_cast<int>(*added));
  }
  return run_on_workbench(config, [step](Workbench& bench) { return rotate(bench, step); });
}

}  // namespace gatehouse::gateway
