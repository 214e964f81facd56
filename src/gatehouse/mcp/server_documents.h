// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/mcp/catalog.h"
#include "gatehouse/mcp/cursors.h"
#include "gatehouse/mcp/protocol.h"
#include "gatehouse/mcp/server_info.h"

namespace gatehouse::mcp {

// What a server says it can do beyond what its catalog shows.
struct Abilities {
  bool announces_changes = false;  // lists may change while the process lives
  bool watches_resources = false;  // resources/subscribe
  bool logs = false;
};

// The results that are the same for every caller, rendered once. A revision gets only the fields it
// knows.
class ServerDocuments {
 public:
  ServerDocuments(const ServerInfo& info, const Catalog& catalog, Abilities abilities,
                  std::size_t page_size);

  // Renders the lists anew; the catalog has changed.
  void refresh_lists();

  // `initialize`, for a legacy revision.
  const std::string& initialize_result(Revision revision) const {
    return initialize_[index_of(revision)];
  }
  // `server/discover`.
  const std::string& discover_result() const { return discover_; }

  // One page of a list. The last one is whole; the others lack their end, which tells the cursor of
  // the next: see paged_result().
  struct Page {
    std::string text;
    bool is_last = true;
  };
  // Null when the list has fewer pages. Valid until the next refresh.
  const Page* page(ListKind list, Revision revision, std::size_t number) const;
  std::string paged_result(const Page& page, std::string_view next_cursor, Revision revision) const;

  // `members` is a result without its closing brace.
  std::string closed(std::string members, Revision revision) const;
  // The same for a result of the stateless revision that has its `resultType` already.
  std::string with_server_info(std::string members) const;

  // What the catalog has any of: tools that may become tasks, prompts, resources or templates,
  // arguments with completions.
  bool offers_tasks() const { return offers_.tasks; }
  bool offers_prompts() const { return offers_.prompts; }
  bool offers_resources() const { return offers_.resources; }
  bool offers_completions() const { return offers_.completions; }

  // What ends a `subscriptions/listen`; `id_json` is the request's id.
  std::string subscription_result(std::string_view id_json) const;

 private:
  static constexpr std::size_t kRevisions = 5;
  static constexpr std::size_t kLists = 4;
  using Pages = std::vector<Page>;

  static std::size_t index_of(Revision revision) { return static_cast<std::size_t>(revision); }
  std::string_view tail(Revision revision) const;
  Pages render(ListKind list, Revision revision) const;

  const Catalog& catalog_;
  const std::size_t page_size_;
  struct Offers {
    bool tasks = false;
    bool prompts = false;
    bool resources = false;
    bool completions = false;
  };
  Offers offers_;
  std::string server_info_;
  std::string meta_;  // `_meta` of every result of the stateless revision, with a comma before
  std::string modern_tail_;
  std::array<std::string, kRevisions> initialize_;
  std::array<std::array<Pages, kRevisions>, kLists> lists_;
  std::string discover_;
};

}  // namespace gatehouse::mcp
