// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/scope_words.h"

#include <algorithm>
#include <string_view>

namespace gatehouse::web {
namespace {

constexpr std::string_view kPrefix = "https://www.googleapis.com/auth/";

struct Words {
  std::string_view scope;    // after the prefix
  std::string_view reading;  // empty: the scope lets nobody read
  std::string_view writing;  // empty: the scope lets nobody write
};

constexpr Words kWords[] = {
    {"gmail.readonly", "Search and read your mail and its attachments", ""},
    {"gmail.modify", "Search and read your mail and its attachments",
     "Write drafts, change labels and send mail in your name"},
    {"gmail.compose", "", "Write drafts and send mail in your name"},
    {"gmail.send", "", "Send mail in your name"},
    {"gmail.labels", "See your mail labels", "Change your mail labels"},
    {"calendar.readonly", "See your calendars and events", ""},
    {"calendar.events.readonly", "See the events of your calendars", ""},
    {"calendar.events", "See the events of your calendars", "Add, change and delete events"},
    {"calendar", "See your calendars and events", "Add, change and delete events"},
    {"drive.readonly", "Search and read your files in Drive", ""},
    {"drive.file", "Read the files it made in Drive", "Add files to Drive and change those"},
    {"drive", "Search and read your files in Drive", "Add, change and share files in Drive"},
    {"documents.readonly", "Read your documents", ""},
    {"documents", "Read your documents", "Change your documents"},
    {"spreadsheets.readonly", "Read your spreadsheets", ""},
    {"spreadsheets", "Read your spreadsheets", "Change your spreadsheets"},
    {"presentations.readonly", "Read your presentations", ""},
};

void add(std::vector<std::string>& sentences, std::string_view sentence) {
  if (sentence.empty()) return;
  if (std::find(sentences.begin(), sentences.end(), sentence) != sentences.end()) return;
  sentences.emplace_back(sentence);
}

}  // namespace

std::string_view short_scope(std::string_view google_scope) {
  if (google_scope.starts_with(kPrefix)) google_scope.remove_prefix(kPrefix.size());
  return google_scope;
}

std::vector<std::string> scope_words(const oauth::Scopes& google_scopes,
                                     const oauth::Scopes& client_scopes) {
  const bool may_write = oauth::contains_all(client_scopes, {"workspace.write"});
  std::vector<std::string> sentences{"See your name, e-mail address and domain"};
  for (const std::string& scope : google_scopes) {
    const std::string_view name = short_scope(scope);
    const auto* known = std::find_if(std::begin(kWords), std::end(kWords),
                                     [name](const Words& words) { return words.scope == name; });
    if (known == std::end(kWords)) {
      add(sentences, "Use the Google permission " + scope);
      continue;
    }
    add(sentences, known->reading);
    if (may_write) add(sentences, known->writing);
  }
  return sentences;
}

}  // namespace gatehouse::web
