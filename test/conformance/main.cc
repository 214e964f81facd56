// SPDX-License-Identifier: Apache-2.0
//
// The server that the official conformance suite is run against (script/conformance):
//
//   gatehouse_conformance plain        the engine alone, on a free port, which it prints
//   gatehouse_conformance serve ...    the whole gateway with the fixture added to its catalog
#include <cstdio>
#include <cstring>

#include "fixture.h"
#include "gatehouse/gateway/cli.h"
#include "plain_server.h"

int main(int argc, char** argv) {
  using namespace gatehouse;
  conformance::Announcer announcer;
  if (argc == 2 && std::strcmp(argv[1], "plain") == 0)
    return conformance::run_plain_server(announcer);
  gateway::Additions additions;
  additions.fill = [&announcer](mcp::Catalog& catalog) {
    conformance::add_fixture(catalog, announcer);
  };
  additions.engine = conformance::fixture_options();
  additions.on_engine = [&announcer](mcp::StreamableHttp& engine) {
    announcer.announce = [&engine](const mcp::Change& change) { engine.announce(change); };
  };
  return gateway::run_command_line(argc, argv, additions);
}
