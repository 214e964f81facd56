// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/turnstile.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/telemetry/trace.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/record_seal.h"
#include "gatehouse/vault/record_vault.h"

namespace gatehouse::vault {

// What a person will want to recognise a session of theirs by, written down when it begins. It
// authorises nothing. Its texts are bounded by whoever writes it.
struct SessionNote {
  SessionNote() {}
  std::string grant;                  // id, base64url
  std::string client_name;            // as it called itself
  std::string place;                  // where its code went: host, port
  std::string browser;                // in words, of the sign-in; empty when unknown
  std::vector<std::string> left_out;  // Google scopes that were asked for and not granted
  base::SystemTime signed_in_at{};
  base::SystemTime expires{};
  std::optional<base::SystemTime> ended_at;  // by the person, through end(), or
  bool made_room = false;                    // for another session of theirs
};

enum class SessionState {
  live,
  unclaimed,         // the client never came for what it was given; of tokens known for a day
  expired,           // it reached the end it was born with
  ended_here,        // the person ended it
  ended_everywhere,  // the person signed out everywhere
  made_room,         // it was one too many
  ended_elsewhere,   // the client, the operator or Google did, or a token was used twice
};

// A note and what has become of its grant. Of the grant no seal was opened: this informs and proves
// nothing.
struct OwnSession {
  OwnSession() {}
  SessionNote note;
  SessionState state = SessionState::ended_elsewhere;
  std::string scope;  // space separated; of live ones
  // When the client was last given a token, of live ones. The epoch when never.
  base::SystemTime renewed_at{};
};

// What sessions a person has, for that person. The notes are one SESSIONS# record per person,
// sealed under the data key, written once per sign-in and never by a call; the grants' rows say
// which still live. Notes stay a session's length longer than their sessions, so that an end can be
// explained. They are also what the sessions of a person are counted by (session_cap.h).
class OwnSessions {
 public:
  // Of one person. Beyond that the oldest are forgotten, those of sessions that are over first.
  static constexpr std::size_t kNotesMax = 64;

  OwnSessions(const VaultOptions& options, GrantVault& grants, RecordVault& records,
              store::RecordStore& store, DataKeys& data_keys, const base::Clock& clock,
              base::Random& random, telemetry::Log& log);

  // Writes it down, and ends the sessions that are too many with it. Best effort: a session without
  // a note works, ends with "sign out everywhere", and is not counted. `trace` is that of the
  // sign-in, for the log.
  VaultTask<void> note(const base::UserId& subject, SessionNote note,
                       const telemetry::RequestTrace& trace);
  // The latest first.
  VaultTask<std::vector<OwnSession>> list(const base::UserId& subject);
  // Ends a grant at its next use, on every replica. Refused::unknown when it is not this person's
  // or lives no more.
  VaultTask<void> end(const base::UserId& subject, const std::string& grant);

 private:
  struct Book;
  enum class NoteEnd { by_person, to_make_room };

  VaultTask<Book> open(const base::UserId& hashed);
  VaultTask<void> write(const base::UserId& hashed, Book& book);
  VaultTask<void> make_room(const base::UserId& subject, const std::string& newest, Book& book,
                            std::vector<std::string>& ended, const telemetry::RequestTrace& trace);
  VaultTask<std::vector<OwnSession>> candidates(const std::vector<base::UserId>& hashes,
                                                const Book& book);
  VaultTask<void> end_for_room(const base::UserId& subject, const std::string& grant, Book& book,
                               const telemetry::RequestTrace& trace);
  // False when there is no note of it.
  bool mark(std::vector<SessionNote>& notes, const std::string& grant, NoteEnd how) const;
  VaultTask<void> mark_ended(const base::UserId& subject, const std::string& grant, NoteEnd how);
  VaultTask<void> judge(const std::vector<base::UserId>& hashes, std::int64_t epoch,
                        std::vector<OwnSession>& sessions);
  void judge_one(const std::vector<base::UserId>& hashes, std::int64_t epoch,
                 const store::RecordPtr& record, OwnSession& session) const;
  bool is_over(const SessionNote& note) const;
  void forget_old(std::vector<SessionNote>& notes) const;

  const std::chrono::seconds session_ttl_;
  const std::chrono::seconds access_token_ttl_;
  GrantVault& grants_;
  RecordVault& records_;
  store::RecordStore& store_;
  const base::Clock& clock_;
  const RecordSeal seal_;
  const GrantRecords grant_records_;
  telemetry::Log& log_;
  // Sign-ins of one person take turns, so that they do not write the same record in vain.
  std::array<base::Turnstile, 32> turnstiles_;
};

}  // namespace gatehouse::vault
