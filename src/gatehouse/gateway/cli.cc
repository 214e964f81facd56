// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/cli.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

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

// The commands, and what they are told on the line.
class CommandLine {
 public:
  explicit CommandLine(const Additions& additions) : additions_(additions) {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", std::string(GATEHOUSE_VERSION));
    add_serving();
    add_keys();
    add_store();
    add_sessions();
    add_audit();
    add_documents();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& stop) {
      return app_.exit(stop);
    }
    return exit_code_;
  }

 private:
  CLI::App* add_group(const char* name, const char* meaning) {
    CLI::App* group = app_.add_subcommand(name, meaning);
    group->require_subcommand(1);
    return group;
  }

  void add_serving() {
    CLI::App* serving = app_.add_subcommand("serve", "Run the gateway");
    add_setting_flags(*serving, serve_flags_);
    serving->callback([this] {
      exit_code_ =
          with_config(serve_flags_, [this](Config c) { return serve(std::move(c), additions_); });
    });

    CLI::App* doctor = app_.add_subcommand(
        "doctor", "Check settings, files, Google and the clock; one line each, with the remedy");
    add_setting_flags(*doctor, doctor_flags_);
    doctor->callback([this] {
      exit_code_ = with_config(doctor_flags_, [](Config c) { return examine(std::move(c)); });
    });

    CLI::App* health = app_.add_subcommand(
        "healthcheck", "For containers: ask /healthz of the gateway that serves beside; 0 or 1");
    add_setting_flags(*health, health_flags_);
    health->callback([this] { exit_code_ = run_health_check(health_flags_); });
  }

  void add_keys() {
    CLI::App* keys = add_group("keys", "The keys that seal what is stored");
    CLI::App* anew = keys->add_subcommand("new", "Make a key file; never overwrites one");
    anew->add_option("path", key_path_, "Where to write it")->capture_default_str();
    anew->callback([this] { exit_code_ = make_key_file(key_path_); });

    CLI::App* rotate = keys->add_subcommand(
        "rotate",
        "Wrap every record anew, under a new master key or the first KMS key; while serving");
    rotate->add_flag("--finish", finish_, "A day later: the rest, and forget the older keys");
    add_setting_flags(*rotate, rotate_flags_);
    rotate->callback([this] {
      const RotationStep step = finish_ ? RotationStep::finish : RotationStep::begin;
      exit_code_ =
          with_config(rotate_flags_, [step](const Config& c) { return rotate_keys(c, step); });
    });
  }

  void add_store() {
    CLI::App* init = add_group("store", "Where sessions live")
                         ->add_subcommand("init",
                                          "Create the database and the key file, or the table; or "
                                          "say what differs");
    add_setting_flags(*init, store_flags_);
    init->callback([this] { exit_code_ = with_config(store_flags_, init_store); });
  }

  void add_sessions() {
    CLI::App* sessions = add_group("sessions", "Who is signed in");
    CLI::App* list = sessions->add_subcommand("list", "One line per session");
    list->add_flag("--json", as_json_, "As a JSON array");
    add_setting_flags(*list, list_flags_);
    list->callback([this] {
      const SessionFormat format = as_json_ ? SessionFormat::json : SessionFormat::table;
      exit_code_ =
          with_config(list_flags_, [format](const Config& c) { return list_sessions(c, format); });
    });
    add_revocation(*sessions);
  }

  void add_revocation(CLI::App& sessions) {
    CLI::App* revoke = sessions.add_subcommand(
        "revoke", "End sessions; they stop at their next request on every replica");
    CLI::Option_group* who = revoke->add_option_group("who", "Exactly one of these");
    who->add_option("--grant", choice_.grant, "One session, by its id in the list")
        ->type_name("ID");
    who->add_option("--user", choice_.user, "Everything of a person, by the hash in list and logs")
        ->type_name("HASH");
    who->add_option("--subject", choice_.subject,
                    "Everything of a person, by Google's id of the account")
        ->type_name("ID");
    who->add_flag("--all", choice_.all, "Everything of everybody");
    who->require_option(1);
    add_setting_flags(*revoke, revoke_flags_);
    revoke->callback([this] {
      exit_code_ = with_config(revoke_flags_,
                               [this](const Config& c) { return revoke_sessions(c, choice_); });
    });
  }

  void add_audit() {
    CLI::App* verify = add_group("audit", "The audit trail in the log")
                           ->add_subcommand("verify",
                                            "Prove that no audit line was altered, left out or "
                                            "moved; 0 or 1");
    verify->add_option("file", log_path_, "The log, as JSON lines; standard input otherwise");
    verify
        ->add_option("--head", noted_heads_,
                     "A head that was noted earlier and has to be there: CHAIN:SEQ:SHA256")
        ->type_name("HEAD");
    verify->add_flag("--complete", complete_, "Every chain has to have its end, too");
    verify->callback([this] {
      const auto ends = complete_ ? AuditVerifier::Ends::needed : AuditVerifier::Ends::not_needed;
      exit_code_ = verify_audit(log_path_, noted_heads_, ends);
    });
  }

  void add_documents() {
    app_.add_subcommand("tools", "Every tool with its mode, its scope and its size in tokens")
        ->callback([] { print(tool_listing()); });
    app_.add_subcommand("version", "Print the version")->callback([] {
      print("gatehouse " GATEHOUSE_VERSION "\n");
    });
    CLI::App* document =
        app_.add_subcommand("print", "Print a document that is made from the program");
    document->add_option("document", document_, "configuration, env-example, tools or quotas")
        ->required()
        ->check(CLI::IsMember({"configuration", "env-example", "tools", "quotas"}));
    document->callback([this] { exit_code_ = print_document(document_); });
  }

  const Additions& additions_;
  CLI::App app_{"Gatehouse: a remote MCP gateway for Google Workspace.", "gatehouse"};
  int exit_code_ = 0;

  SettingFlags serve_flags_;
  SettingFlags doctor_flags_;
  SettingFlags health_flags_;
  SettingFlags rotate_flags_{Purpose::records};
  SettingFlags store_flags_{Purpose::records};
  SettingFlags list_flags_{Purpose::records};
  SettingFlags revoke_flags_{Purpose::records};
  std::string key_path_ = "gatehouse.key";
  bool finish_ = false;  // of a rotation
  bool as_json_ = false;
  SessionChoice choice_;
  std::string log_path_;
  std::vector<std::string> noted_heads_;
  bool complete_ = false;  // of a log
  std::string document_;
};

}  // namespace

int run_command_line(int argc, char** argv, const Additions& additions) {
  CommandLine line(additions);
  return line.run(argc, argv);
}

}  // namespace gatehouse::gateway
