// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/own_sessions.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/telemetry/traced_log.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/grant_row.h"
#include "gatehouse/vault/refusal.h"
#include "gatehouse/vault/session_cap.h"

namespace gatehouse::vault {
namespace {

using Done = base::Result<void, RefusedError>;

// Each try that is lost is another sign-in of the same person that was written down meanwhile.
constexpr int kTriesMax = 16;
constexpr std::size_t kRowsPerRead = 16;
constexpr std::chrono::seconds kTurnWait{10};
constexpr std::chrono::seconds kTriesWait{5};  // a store that is slow is not asked all those times
constexpr std::chrono::hours kTombstoneLifetime{24};  // of a grant

std::string record_key(const base::UserId& hashed) { return "SESSIONS#" + hashed.str(); }

std::string grant_key(const std::string& grant) { return "GRANT#" + grant; }

bool is_grant_id(const std::string& grant) {
  const auto id = base::base64url_decode(grant);
  return id && id->size() == kGrantIdBytes;
}

void write_note(base::JsonWriter& json, const SessionNote& note) {
  json.begin_object();
  json.member("grant", note.grant);
  json.member("client", note.client_name);
  json.member("place", note.place);
  json.member("browser", note.browser);
  json.key("left_out").begin_array();
  for (const std::string& scope : note.left_out) json.value(scope);
  json.end_array();
  json.member("signed_in_at", base::epoch_seconds(note.signed_in_at));
  json.member("expires", base::epoch_seconds(note.expires));
  if (note.ended_at) json.member("ended_at", base::epoch_seconds(*note.ended_at));
  if (note.made_room) json.member("made_room", true);
  json.end_object();
}

base::Secret content_of(const std::vector<SessionNote>& notes) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_array();
  for (const SessionNote& note : notes) write_note(json, note);
  json.end_array();
  return base::Secret::copy_of(out);
}

std::optional<SessionNote> note_from(const base::JsonValue& json) {
  SessionNote note;
  note.grant = json.find_string("grant").value_or("");
  const auto signed_in_at = json.find_integer("signed_in_at");
  const auto expires = json.find_integer("expires");
  if (!is_grant_id(note.grant) || !signed_in_at || !expires) return std::nullopt;
  note.client_name = json.find_string("client").value_or("");
  note.place = json.find_string("place").value_or("");
  note.browser = json.find_string("browser").value_or("");
  if (const auto left_out = json.find("left_out")) {
    for (const base::JsonValue& scope : left_out->elements()) {
      note.left_out.emplace_back(scope.as_string().value_or(""));
    }
  }
  note.signed_in_at = base::from_epoch_seconds(*signed_in_at);
  note.expires = base::from_epoch_seconds(*expires);
  if (const auto ended_at = json.find_integer("ended_at")) {
    note.ended_at = base::from_epoch_seconds(*ended_at);
  }
  note.made_room = json.find_bool("made_room").value_or(false);
  return note;
}

std::vector<SessionNote> notes_from(const base::Secret& content) {
  std::vector<SessionNote> notes;
  const auto document = base::JsonDocument::parse(content.reveal());
  if (!document) return notes;
  for (const base::JsonValue& element : document->root().elements()) {
    if (auto note = note_from(element)) notes.push_back(std::move(*note));
  }
  return notes;
}

bool is_one_of(const base::UserId& user, const std::vector<base::UserId>& hashes) {
  return std::find(hashes.begin(), hashes.end(), user) != hashes.end();
}

// Takes the oldest that may go until no more than `most` are left.
void thin_out(std::vector<SessionNote>& notes, std::size_t most,
              const std::function<bool(const SessionNote&)>& may_go) {
  for (auto note = notes.begin(); note != notes.end() && notes.size() > most;) {
    note = may_go(*note) ? notes.erase(note) : note + 1;
  }
}

}  // namespace

// The notes of one person, the oldest first, and the record they came from.
struct OwnSessions::Book {
  Book() {}
  std::vector<SessionNote> notes;
  std::optional<RecordVault::Opened> opened;  // none: there is no record yet
};

OwnSessions::OwnSessions(const VaultOptions& options, GrantVault& grants, RecordVault& records,
                         store::RecordStore& store, DataKeys& data_keys, const base::Clock& clock,
                         base::Random& random, telemetry::Log& log)
    : session_ttl_(options.session_ttl),
      access_token_ttl_(options.access_token_ttl),
      grants_(grants),
      records_(records),
      store_(store),
      clock_(clock),
      seal_(options.table, data_keys, random),
      grant_records_(store, seal_, clock, log),
      log_(log) {}

VaultTask<OwnSessions::Book> OwnSessions::open(const base::UserId& hashed) {
  Book book;
  const std::string key = record_key(hashed);
  const base::Secret no_holder;
  auto opened = co_await records_.open(key, no_holder);
  if (!opened) {
    const Refused code = opened.error().code;
    if (code != Refused::unknown && code != Refused::expired) co_return opened.error();
    co_return book;
  }
  book.notes = notes_from(opened->content);
  book.opened = std::move(*opened);
  co_return book;
}

VaultTask<void> OwnSessions::write(const base::UserId& hashed, Book& book) {
  forget_old(book.notes);
  const base::Secret content = content_of(book.notes);
  const base::SystemTime expires = clock_.now() + 2 * session_ttl_;
  const base::Secret no_holder;
  if (book.opened) {
    auto replaced = co_await records_.replace(*book.opened, content, expires, no_holder);
    co_return replaced;
  }
  const std::string key = record_key(hashed);
  auto created = co_await records_.create(key, content, expires, no_holder);
  co_return created;
}

void OwnSessions::forget_old(std::vector<SessionNote>& notes) const {
  const base::SystemTime now = clock_.now();
  const auto is_old = [&](const SessionNote& note) {
    return note.ended_at.value_or(note.expires) + session_ttl_ <= now;
  };
  notes.erase(std::remove_if(notes.begin(), notes.end(), is_old), notes.end());
  thin_out(notes, kNotesMax, [this](const SessionNote& note) { return is_over(note); });
  thin_out(notes, kNotesMax, [](const SessionNote&) { return true; });
}

bool OwnSessions::is_over(const SessionNote& note) const {
  return note.ended_at || note.expires <= clock_.now();
}

VaultTask<void> OwnSessions::note(const base::UserId& subject, SessionNote note,
                                  const telemetry::RequestTrace& trace) {
  note.expires = note.signed_in_at + session_ttl_;
  const base::UserId hashed = grants_.hashed(subject);
  base::Turnstile& turnstile = turnstiles_[std::hash<base::UserId>()(hashed) % turnstiles_.size()];
  const auto turn = co_await turnstile.enter(kTurnWait);
  if (!turn) co_return refuse(Refused::unavailable, "too many sign-ins at once");
  std::vector<std::string> ended;
  const auto give_up = clock_.steady_now() + kTriesWait;
  for (int i = 0; i < kTriesMax && clock_.steady_now() < give_up; ++i) {
    auto book = co_await open(hashed);
    if (!book) co_return book.error();
    book->notes.push_back(note);
    auto room = co_await make_room(subject, note.grant, *book, ended, trace);
    if (!room) co_return room.error();
    auto written = co_await write(hashed, *book);
    if (written || written.error().code == Refused::tampered) co_return written;
  }
  co_return refuse(Refused::unavailable, "the list of sessions could not be written");
}

// Before the book is written: of sign-ins side by side the one whose book is out of date counts
// again, so none is counted that has not seen the others. `ended` are those that earlier tries
// have ended.
VaultTask<void> OwnSessions::make_room(const base::UserId& subject, const std::string& newest,
                                       Book& book, std::vector<std::string>& ended,
                                       const telemetry::RequestTrace& trace) {
  for (const std::string& grant : ended) mark(book.notes, grant, NoteEnd::to_make_room);
  const std::vector<base::UserId> hashes = grants_.hashes_of(subject);
  auto sessions = co_await candidates(hashes, book);
  if (!sessions) co_return sessions.error();
  if (sessions->size() <= kSessionsMax) co_return Done();
  auto epoch = co_await grants_.epoch_of(subject);
  if (!epoch) co_return epoch.error();
  auto judged = co_await judge(hashes, *epoch, *sessions);
  if (!judged) co_return judged.error();
  const std::vector<std::string> surplus = surplus_of(*sessions, newest);
  for (const std::string& grant : surplus) {
    auto gone = co_await end_for_room(subject, grant, book, trace);
    if (!gone) co_return gone.error();
    ended.push_back(grant);
  }
  thin_out(book.notes, kNotesMax, [this, &sessions](const SessionNote& note) {
    const auto lives = [&note](const OwnSession& session) {
      return session.note.grant == note.grant && session.state == SessionState::live;
    };
    return is_over(note) || std::none_of(sessions->begin(), sessions->end(), lives);
  });
  co_return Done();
}

// What by its note may live yet, also of the books that were begun under earlier token keys.
VaultTask<std::vector<OwnSession>> OwnSessions::candidates(const std::vector<base::UserId>& hashes,
                                                           const Book& book) {
  std::vector<OwnSession> sessions;
  const auto add = [this, &sessions](const SessionNote& note) {
    if (is_over(note)) return;
    OwnSession session;
    session.note = note;
    sessions.push_back(std::move(session));
  };
  for (std::size_t i = 1; i < hashes.size(); ++i) {
    auto earlier = co_await open(hashes[i]);
    if (!earlier) co_return earlier.error();
    std::for_each(earlier->notes.begin(), earlier->notes.end(), add);
  }
  std::for_each(book.notes.begin(), book.notes.end(), add);
  co_return sessions;
}

VaultTask<void> OwnSessions::end_for_room(const base::UserId& subject, const std::string& grant,
                                          Book& book, const telemetry::RequestTrace& trace) {
  const std::string key = grant_key(grant);
  auto ended = co_await grant_records_.end(key);
  if (!ended) co_return ended.error();
  const std::string user = grants_.hashed(subject).str().substr(0, 12);
  const std::string name = base::hex_encode(crypto::view(crypto::sha256(key))).substr(0, 6);
  telemetry::TracedLog(log_, trace)
      .audit("session ended to make room",
             {{telemetry::Field::user, std::string_view(user)},
              {telemetry::Field::grant, std::string_view(name)},
              {telemetry::Field::count, static_cast<std::int64_t>(kSessionsMax)}});
  if (mark(book.notes, grant, NoteEnd::to_make_room)) co_return Done();
  auto marked = co_await mark_ended(subject, grant, NoteEnd::to_make_room);
  (void)marked;  // it has ended; only the reason on the page is less exact
  co_return Done();
}

VaultTask<std::vector<OwnSession>> OwnSessions::list(const base::UserId& subject) {
  const std::vector<base::UserId> hashes = grants_.hashes_of(subject);
  std::vector<OwnSession> sessions;
  for (const base::UserId& hashed : hashes) {
    auto book = co_await open(hashed);
    if (!book) co_return book.error();
    for (SessionNote& note : book->notes) {
      OwnSession session;
      session.note = std::move(note);
      sessions.push_back(std::move(session));
    }
  }
  const auto is_later = [](const OwnSession& a, const OwnSession& b) {
    return a.note.signed_in_at > b.note.signed_in_at;
  };
  std::reverse(sessions.begin(), sessions.end());
  std::stable_sort(sessions.begin(), sessions.end(), is_later);
  auto epoch = co_await grants_.epoch_of(subject);
  if (!epoch) co_return epoch.error();
  auto judged = co_await judge(hashes, *epoch, sessions);
  if (!judged) co_return judged.error();
  co_return sessions;
}

VaultTask<void> OwnSessions::judge(const std::vector<base::UserId>& hashes, std::int64_t epoch,
                                   std::vector<OwnSession>& sessions) {
  for (std::size_t first = 0; first < sessions.size(); first += kRowsPerRead) {
    const std::size_t last = std::min(first + kRowsPerRead, sessions.size());
    std::vector<std::string> keys;
    for (std::size_t i = first; i < last; ++i) keys.push_back(grant_key(sessions[i].note.grant));
    auto rows = co_await store_.get_each(keys);
    if (!rows) co_return refuse(rows.error());
    for (std::size_t i = first; i < last; ++i) {
      judge_one(hashes, epoch, (*rows)[i - first], sessions[i]);
    }
  }
  co_return Done();
}

void OwnSessions::judge_one(const std::vector<base::UserId>& hashes, std::int64_t epoch,
                            const store::RecordPtr& record, OwnSession& session) const {
  const SessionNote& note = session.note;
  if (note.ended_at) {
    session.state = note.made_room ? SessionState::made_room : SessionState::ended_here;
    return;
  }
  session.state = is_over(note) ? SessionState::expired : SessionState::ended_elsewhere;
  if (is_over(note)) return;
  if (record == nullptr) {
    // A code that nobody redeems takes its grant along; one that was ended leaves a tombstone.
    const bool is_early = clock_.now() < note.signed_in_at + kTombstoneLifetime;
    if (is_early) session.state = SessionState::unclaimed;
    return;
  }
  if (is_tombstone(*record)) return;
  const base::Result<GrantRow> row = grant_row_of(*record);
  if (row && row->awaits_account()) {
    // The person signed in for it, and no call has come for that so far.
    session.state = SessionState::unclaimed;
    return;
  }
  if (!row || !is_one_of(row->user, hashes)) return;
  if (epoch > row->epoch) {
    session.state = SessionState::ended_everywhere;
    return;
  }
  session.state = SessionState::live;
  session.scope = row->scope;
  for (const AccessSlot& access : row->access) {
    session.renewed_at = std::max(session.renewed_at, access.expires - access_token_ttl_);
  }
}

VaultTask<void> OwnSessions::end(const base::UserId& subject, const std::string& grant) {
  if (!is_grant_id(grant)) co_return refuse(Refused::malformed, "not the id of a session");
  const std::string key = grant_key(grant);
  auto record = co_await grant_records_.read(key);
  if (!record) co_return record.error();
  const base::Result<GrantRow> row = grant_row_of(**record);
  const std::vector<base::UserId> hashes = grants_.hashes_of(subject);
  // A row that others changed can at worst end itself, so no seal is opened for it.
  if (!row || !is_one_of(row->user, hashes)) co_return refuse(Refused::unknown, "another's grant");
  auto ended = co_await grant_records_.end(key);
  if (!ended) co_return ended.error();
  auto marked = co_await mark_ended(subject, grant, NoteEnd::by_person);
  (void)marked;  // it has ended; only the reason on the page is less exact
  co_return Done();
}

bool OwnSessions::mark(std::vector<SessionNote>& notes, const std::string& grant,
                       NoteEnd how) const {
  const auto noted = std::find_if(notes.begin(), notes.end(), [&grant](const SessionNote& note) {
    return note.grant == grant;
  });
  if (noted == notes.end()) return false;
  noted->ended_at = clock_.now();
  noted->made_room = how == NoteEnd::to_make_room;
  return true;
}

VaultTask<void> OwnSessions::mark_ended(const base::UserId& subject, const std::string& grant,
                                        NoteEnd how) {
  const std::vector<base::UserId> hashes = grants_.hashes_of(subject);
  for (const base::UserId& hashed : hashes) {
    for (int i = 0; i < kTriesMax; ++i) {
      auto book = co_await open(hashed);
      if (!book) co_return book.error();
      if (!mark(book->notes, grant, how)) break;
      auto written = co_await write(hashed, *book);
      if (written) co_return Done();
    }
  }
  co_return refuse(Refused::unknown, "no note of it");
}

}  // namespace gatehouse::vault
