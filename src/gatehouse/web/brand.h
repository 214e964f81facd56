// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gatehouse/web/html.h"

namespace gatehouse::web {

// A picture of the operator's, already judged: small, and of a type that we serve.
struct Logo {
  Logo() {}
  std::string bytes;
  std::string media_type;
};

// Under whose name the pages stand. Every page carries it.
struct Brand {
  Brand() {}
  std::string name = "Gatehouse";
  std::string contact;  // a mail address or an https URL; may be empty
  std::shared_ptr<const Logo> logo;
};

// A link to the contact; nothing when there is none.
Html contact_link(const Brand& brand);

// "your administrator", with the contact behind it where there is one.
Html administrator(const Brand& brand);

}  // namespace gatehouse::web
