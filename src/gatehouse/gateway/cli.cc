// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/cli.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>

#include "gatehouse/gateway/audit_command.h"
#include "gatehouse/gateway/config.h"
#include "gatehouse/gateway/config_documents.h"
#include "gatehouse/gateway/config_sources.h"
#include "gatehouse/gateway/doctor.h"
#include "gatehouse/gateway/healthcheck.h"
#include "gatehouse/gateway/keys_command.h"
#include "gatehouse/gateway/serve.h"
#include "gatehouse/gateway/sessions_command.h"
#include "gatehouse/gateway/store_command.h"
#include "gatehouse/gateway/tool_document.h"
#include "gatehouse/gateway/tool_listing.h"

namespace gatehouse::gateway {
namespace {

// Settings as flags, and a file: all of them, or those that commands about what is stored read.
enum class Purpose { gateway, records };
struct SettingFlags {
  explicit SettingFlags(Purpose what_for = Purpose::gateway) : purpose(what_for) {}
  Purpose purpose;
  std::string config_path;
  SettingValues values;
  std::map<std::string, std::string> slots;
};

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void complain(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

bool is_for(const Setting& setting, Purpose purpose) {
  return purpose == Purpose::gateway || is_about_records(setting);
}

void add_setting_flags(CLI::App& command, SettingFlags& flags) {
  command
      .add_option("--config", flags.config_path,
                  "TOML file with settings; flags and environment win over it")
      ->type_name("FILE");
  for (const Setting& setting : kSettings) {
    std::string name(setting.name);
    std::string meaning(setting.meaning);
    if (setting.secret || !is_for(setting, flags.purpose)) continue;
    std::string fallback =
        setting.required
            ? "required"
            : "default: " +
                  (setting.default_value.empty() ? "unset" : std::string(setting.default_value));
    command
        .add_option(flag_of(setting), flags.slots[name],
                    meaning + " [" + name + "; " + fallback + "]")
        ->type_name("");
  }
  std::string secrets = "Secrets come from the environment or the file only:";
  for (const Setting& setting : kSettings) {
    if (setting.secret && is_for(setting, flags.purpose))
      secrets += "\n  " + std::string(setting.name) + ": " + std::string(setting.meaning);
  }
  command.footer(secrets);
}

void print_problems(const std::vector<ConfigProblem>& problems) {
  std::string text = "gatehouse: " + std::to_string(problems.size()) +
                     (problems.size() == 1 ? " setting needs" : " settings need") +
                     " attention; nothing was started.\n";
  for (const ConfigProblem& problem : problems)
    text += "  " + problem.setting + " " + problem.text + "\n";
  text += "docs/configuration.md explains every setting.\n";
  complain(text);
}

// As written: not checked yet.
base::Result<SettingValues, std::vector<ConfigProblem>> values_from(const SettingFlags& flags) {
  SettingValues values;
  if (!flags.config_path.empty()) {
    auto from_file = settings_from_file(flags.config_path);
    if (!from_file) return from_file.error();
    values = std::move(*from_file);
  }
  values = merge(std::move(values), take_settings_from_environment());
  for (const auto& [name, value] : flags.slots) {
    if (!value.empty()) values[name] = value;
  }
  return values;
}

base::Result<Config, std::vector<ConfigProblem>> config_from(const SettingFlags& flags) {
  // Before the settings are taken, which empties the secret ones.
  aws::Environment process = aws::Environment::of_process();
  auto values = values_from(flags);
  if (!values) return values.error();
  if (flags.purpose == Purpose::records) return make_records_config(*values, std::move(process));
  return make_config(*values, std::move(process));
}

// Reads the settings and runs `command` with them; exit code 2 for settings that do not hold.
template <class Command>
int with_config(const SettingFlags& flags, Command command) {
  auto config = config_from(flags);
  if (!config) {
    print_problems(config.error());
    return 2;
  }
  return command(std::move(*config));
}

int run_health_check(const SettingFlags& flags) {
  auto values = values_from(flags);
  if (!values) {
    print_problems(values.error());
    return 1;  // container runtimes reserve 2
  }
  return check_health(*values);
}

int print_document(const std::string& which) {
  if (which == "configuration")
    print(configuration_document());
  else if (which == "tools")
    print(tool_document());
  else if (which == "quotas")
    print(google::Quotas().text());
  else
    print(env_example());
  return 0;
}

}  // namespace

int run_command_line(int argc, char** argv, const Additions& additions) {
  CLI::App app{"Gatehouse: a remote MCP gateway for Google Workspace.", "gatehouse"};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string(GATEHOUSE_VERSION));
  int exit_code = 0;

  SettingFlags serve_flags;
  CLI::App* serve_command = app.add_subcommand("serve", "Run the gateway");
  add_setting_flags(*serve_command, serve_flags);
  serve_command->callback([&] {
    exit_code = with_config(serve_flags, [&](Config c) { return serve(std::move(c), additions); });
  });

  SettingFlags doctor_flags;
  CLI::App* doctor_command = app.add_subcommand(
      "doctor", "Check settings, files, Google and the clock; one line each, with the remedy");
  add_setting_flags(*doctor_command, doctor_flags);
  doctor_command->callback([&] {
    exit_code = with_config(doctor_flags, [](Config c) { return examine(std::move(c)); });
  });

  SettingFlags health_flags;
  CLI::App* health_command = app.add_subcommand(
      "healthcheck", "For containers: ask /healthz of the gateway that serves beside; 0 or 1");
  add_setting_flags(*health_command, health_flags);
  health_command->callback([&] { exit_code = run_health_check(health_flags); });

  CLI::App* keys_command = app.add_subcommand("keys", "The keys that seal what is stored");
  keys_command->require_subcommand(1);
  std::string key_path = "gatehouse.key";
  CLI::App* new_key = keys_command->add_subcommand("new", "Make a key file; never overwrites one");
  new_key->add_option("path", key_path, "Where to write it")->capture_default_str();
  new_key->callback([&] { exit_code = make_key_file(key_path); });
  SettingFlags rotate_flags(Purpose::records);
  bool finish = false;
  CLI::App* rotate_command = keys_command->add_subcommand(
      "rotate",
      "Wrap every record anew, under a new master key or the first KMS key; while serving");
  rotate_command->add_flag("--finish", finish, "A day later: the rest, and forget the older keys");
  add_setting_flags(*rotate_command, rotate_flags);
  rotate_command->callback([&] {
    const RotationStep step = finish ? RotationStep::finish : RotationStep::begin;
    exit_code = with_config(rotate_flags, [step](const Config& c) { return rotate_keys(c, step); });
  });

  SettingFlags store_flags(Purpose::records);
  CLI::App* store_command = app.add_subcommand("store", "Where sessions live");
  store_command->require_subcommand(1);
  CLI::App* init_command = store_command->add_subcommand(
      "init", "Create the database and the key file, or the table; or say what differs");
  add_setting_flags(*init_command, store_flags);
  init_command->callback([&] { exit_code = with_config(store_flags, init_store); });

  CLI::App* sessions_command = app.add_subcommand("sessions", "Who is signed in");
  sessions_command->require_subcommand(1);
  SettingFlags list_flags(Purpose::records);
  bool as_json = false;
  CLI::App* list_command = sessions_command->add_subcommand("list", "One line per session");
  list_command->add_flag("--json", as_json, "As a JSON array");
  add_setting_flags(*list_command, list_flags);
  list_command->callback([&] {
    const SessionFormat format = as_json ? SessionFormat::json : SessionFormat::table;
    exit_code =
        with_config(list_flags, [format](const Config& c) { return list_sessions(c, format); });
  });
  SettingFlags revoke_flags(Purpose::records);
  SessionChoice choice;
  CLI::App* revoke_command = sessions_command->add_subcommand(
      "revoke", "End sessions; they stop at their next request on every replica");
  CLI::Option_group* who = revoke_command->add_option_group("who", "Exactly one of these");
  who->add_option("--grant", choice.grant, "One session, by its id in the list")->type_name("ID");
  who->add_option("--user", choice.user, "Everything of a person, by the hash in list and logs")
      ->type_name("HASH");
  who->add_option("--subject", choice.subject,
                  "Everything of a person, by Google's id of the account")
      ->type_name("ID");
  who->add_flag("--all", choice.all, "Everything of everybody");
  who->require_option(1);
  add_setting_flags(*revoke_command, revoke_flags);
  revoke_command->callback([&] {
    exit_code = with_config(revoke_flags,
                            [&choice](const Config& c) { return revoke_sessions(c, choice); });
  });

  CLI::App* audit_command = app.add_subcommand("audit", "The audit trail in the log");
  audit_command->require_subcommand(1);
  std::string log_path;
  std::vector<std::string> noted_heads;
  bool complete = false;
  CLI::App* verify_command = audit_command->add_subcommand(
      "verify", "Prove that no audit line was altered, left out or moved; 0 or 1");
  verify_command->add_option("file", log_path, "The log, as JSON lines; standard input otherwise");
  verify_command
      ->add_option("--head", noted_heads,
                   "A head that was noted earlier and has to be there: CHAIN:SEQ:SHA256")
      ->type_name("HEAD");
  verify_command->add_flag("--complete", complete, "Every chain has to have its end, too");
  verify_command->callback([&] {
    const auto ends = complete ? AuditVerifier::Ends::needed : AuditVerifier::Ends::not_needed;
    exit_code = verify_audit(log_path, noted_heads, ends);
  });

  CLI::App* tools_command =
      app.add_subcommand("tools", "Every tool with its mode, its scope and its size in tokens");
  tools_command->callback([&] { print(tool_listing()); });

  CLI::App* version_command = app.add_subcommand("version", "Print the version");
  version_command->callback([] { print("gatehouse " GATEHOUSE_VERSION "\n"); });

  std::string document;
  CLI::App* print_command =
      app.add_subcommand("print", "Print a document that is made from the program");
  print_command->add_option("document", document, "configuration, env-example, tools or quotas")
      ->required()
      ->check(CLI::IsMember({"configuration", "env-example", "tools", "quotas"}));
  print_command->callback([&] { exit_code = print_document(document); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    return app.exit(stop);
  }
  return exit_code;
}

}  // namespace gatehouse::gateway
