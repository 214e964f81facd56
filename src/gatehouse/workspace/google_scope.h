// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace {

// One permission at Google that the tools of a product need, from a mode on.
struct ScopeNeed {
  std::string_view toolset;
  std::string_view scope;  // short name
  Mode least;              // readonly: in every mode; draft: in draft and full; full: only there
};

// What the tools of all products need (defined beside their list, in tools.cc).
std::vector<ScopeNeed> all_scope_needs();

// The scope of ours that stands for it: what no mode forbids only reads.
std::string_view scope_for(const ScopeNeed& need);

// True in the modes that allow what `least` stands for.
bool allows(Mode mode, Mode least);

// Whether one of the granted scopes is `needed` or includes it.
bool is_granted(const std::vector<std::string>& granted, std::string_view needed);

// Without those that another one of the list includes.
std::vector<std::string> collapsed(const std::vector<std::string>& scopes);

}  // namespace gatehouse::workspace
