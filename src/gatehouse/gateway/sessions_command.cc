// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/sessions_command.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <set>
#include <vector>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/gateway/workbench.h"
#include "gatehouse/vault/data_keys.h"
#include "gatehouse/vault/session_register.h"

namespace gatehouse::gateway {
namespace {

using vault::SessionSummary;
using vault::VaultTask;

// As much of a hash as the logs show.
constexpr std::size_t kUserCharacters = 12;

// The vault as far as operators need it.
struct Register {
  explicit Register(Workbench& bench)
      : data_keys(bench.backends->keys(), bench.backends->data_key_context(), {}, bench.clock),
        sessions(bench.backends->table(), bench.backends->store(), bench.backends->rows(),
                 data_keys, bench.clock, bench.random, bench.log) {}
  vault::DataKeys data_keys;
  vault::SessionRegister sessions;
};

VaultTask<std::vector<SessionSummary>> read_all(vault::SessionRegister& sessions) {
  std::vector<SessionSummary> all;
  std::string from;
  do {
    auto page = co_await sessions.list(from);
    if (!page) co_return page.error();
    all.insert(all.end(), page->sessions.begin(), page->sessions.end());
    from = std::move(page->next);
  } while (!from.empty());
  const auto order = [](const SessionSummary& a, const SessionSummary& b) {
    return a.user != b.user ? a.user < b.user : a.signed_in_at < b.signed_in_at;
  };
  std::sort(all.begin(), all.end(), order);
  co_return all;
}

std::string minute_of(base::SystemTime time) {
  const std::time_t seconds = static_cast<std::time_t>(base::epoch_seconds(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%MZ", &parts);
  return {text, size};
}

std::string as_table(const std::vector<SessionSummary>& sessions) {
  std::string text =
      "GRANT                   USER          SIGNED IN          UNTIL              CLIENT\n";
  for (const SessionSummary& session : sessions) {
    text += session.grant + "  " + session.user.str().substr(0, kUserCharacters) + "  " +
            minute_of(session.signed_in_at) + "  " + minute_of(session.expires) + "  " +
            session.client.str() + (session.begun ? "  (signing in)" : "") + "\n";
  }
  return text + std::to_string(sessions.size()) +
         (sessions.size() == 1 ? " session\n" : " sessions\n");
}

std::string as_json(const std::vector<SessionSummary>& sessions) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_array();
  for (const SessionSummary& session : sessions) {
    json.begin_object().member("grant", session.grant).member("user", session.user.str());
    json.member("client", session.client.str()).member("scope", session.scope);
    json.member("signed_in", base::epoch_seconds(session.signed_in_at));
    json.member("expires", base::epoch_seconds(session.expires));
    json.member("signing_in", session.begun).end_object();
  }
  json.end_array();
  return text + "\n";
}

int complain(const std::string& text) {
  std::fprintf(stderr, "gatehouse: %s\n", text.c_str());
  return 1;
}

int complain(const vault::RefusedError& error) { return complain(error.detail); }

base::Coroutine<int> print_sessions(Workbench& bench, SessionFormat format) {
  Register open(bench);
  auto sessions = co_await read_all(open.sessions);
  if (!sessions) co_return complain(sessions.error());
  const std::string text = format == SessionFormat::json ? as_json(*sessions) : as_table(*sessions);
  std::fwrite(text.data(), 1, text.size(), stdout);
  co_return 0;
}

base::Coroutine<int> revoke_grant(Register& open, const std::string& grant) {
  auto ended = co_await open.sessions.end(grant);
  if (!ended && ended.error().code == vault::Refused::unknown)
    co_return complain("there is no session " + grant + "; it may have ended already.");
  if (!ended && ended.error().code == vault::Refused::malformed)
    co_return complain(grant +
                       " is not the id of a session. `gatehouse sessions list` shows them.");
  if (!ended) co_return complain(ended.error());
  std::puts("Ended 1 session.");
  co_return 0;
}

// The users that the choice means, by the hash their rows carry.
std::set<base::UserId> chosen_users(const std::vector<SessionSummary>& sessions,
                                    const SessionChoice& choice) {
  std::set<base::UserId> users;
  for (const SessionSummary& session : sessions) {
    if (choice.all || session.user.str().starts_with(choice.user)) users.insert(session.user);
  }
  return users;
}

base::Coroutine<int> revoke_users(Register& open, const SessionChoice& choice) {
  auto sessions = co_await read_all(open.sessions);
  if (!sessions) co_return complain(sessions.error());
  const std::set<base::UserId> users = chosen_users(*sessions, choice);
  if (users.empty() && !choice.all)
    co_return complain("nobody with sessions has the hash " + choice.user + ".");
  if (users.size() > 1 && !choice.all)
    co_return complain("several people's hashes begin with " + choice.user + "; write more of it.");
  for (const base::UserId& user : users) {
    auto ended = co_await open.sessions.end_everything_of(user);
    if (!ended) co_return complain(ended.error());
  }
  std::printf("Ended every session of %zu %s.\n", users.size(),
              users.size() == 1 ? "person" : "people");
  co_return 0;
}

base::Coroutine<int> revoke_subject(Workbench& bench, Register& open, const std::string& subject) {
  // The hash of a subject is made under the token keys.
  auto loaded = co_await bench.backends->load();
  if (!loaded) co_return complain(loaded.error().detail);
  vault::VaultOptions options;
  options.table = bench.backends->table();
  vault::GrantVault grants(options, bench.backends->store(), open.data_keys,
                           bench.backends->token_keys(), bench.clock, bench.random, bench.log);
  const base::UserId user(subject);
  auto ended = co_await grants.end_everything_of(user);
  if (!ended) co_return complain(ended.error());
  std::puts("Ended every session of that account, if it had any.");
  co_return 0;
}

base::Coroutine<int> revoke(Workbench& bench, const SessionChoice& choice) {
  Register open(bench);
  if (!choice.grant.empty()) {
    const int exit_code = co_await revoke_grant(open, choice.grant);
    co_return exit_code;
  }
  if (!choice.subject.empty()) {
    const int exit_code = co_await revoke_subject(bench, open, choice.subject);
    co_return exit_code;
  }
  const int exit_code = co_await revoke_users(open, choice);
  co_return exit_code;
}

}  // namespace

int list_sessions(const Config& config, SessionFormat format) {
  return run_on_workbench(config,
                          [format](Workbench& bench) { return print_sessions(bench, format); });
}

int revoke_sessions(const Config& config, const SessionChoice& choice) {
  if (!choice.user.empty() && choice.user.size() < kUserCharacters)
    return complain("write at least the first 12 characters of the hash, as the logs show it.");
  return run_on_workbench(config, [&choice](Workbench& bench) { return revoke(bench, choice); });
}

}  // namespace gatehouse::gateway
