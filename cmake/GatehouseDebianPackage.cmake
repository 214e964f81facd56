# SPDX-License-Identifier: Apache-2.0
#
# gatehouse_debian_package(): what `script/package` puts into gatehouse_VERSION_ARCHITECTURE.deb. Files that are made from the program or
# packed wait in GATEHOUSE_PACKAGE_FILES.

set(GATEHOUSE_MAINTAINER "The Gatehouse authors <maintainers@gatehouse.invalid>")
set(GATEHOUSE_PACKAGE_FILES "${CMAKE_SOURCE_DIR}/build/package/files")

function(gatehouse_debian_package)
  set(source "${CMAKE_SOURCE_DIR}/deploy/debian")
  set(documents "share/doc/gatehouse")
  install(TARGETS gatehouse RUNTIME DESTINATION bin COMPONENT gateway)
  install(FILES "${source}/gatehouse.service" DESTINATION lib/systemd/system COMPONENT gateway)
  install(FILES "${GATEHOUSE_PACKAGE_FILES}/gatehouse.env" DESTINATION /etc/gatehouse COMPONENT gateway
    PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
  install(FILES "${GATEHOUSE_PACKAGE_FILES}/gatehouse.1.gz" DESTINATION share/man/man1 COMPONENT gateway)
  install(FILES "${GATEHOUSE_PACKAGE_FILES}/changelog.gz" "${GATEHOUSE_PACKAGE_FILES}/NEWS.gz" "${source}/copyright"
    "${CMAKE_SOURCE_DIR}/docs/configuration.md" "${CMAKE_SOURCE_DIR}/docs/deploy-one-machine.md"
    "${CMAKE_SOURCE_DIR}/deploy/compose/Caddyfile" DESTINATION ${documents} COMPONENT gateway)

  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_NAME gatehouse)
  set(CPACK_PACKAGE_CONTACT "${GATEHOUSE_MAINTAINER}")
  set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
  set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};gatehouse;gateway;/")
  set(CPACK_SET_DESTDIR ON)
  set(CPACK_INSTALL_PREFIX /usr)
  set(CPACK_STRIP_FILES ON)
  set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION net)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates")
  set(CPACK_DEBIAN_PACKAGE_RECOMMENDS poppler-utils)
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "caddy, sqlite3")
  set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
  set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${source}/conffiles" "${source}/postinst" "${source}/prerm" "${source}/postrm")
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "remote MCP gateway for Google Workspace")
  set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "People add one address to their MCP client, sign in with their corporate
Google account, and their assistant reads and, where allowed, sends their
own mail. Google's tokens are sealed so that a stolen database, backup or
key opens none of them.")
  include(CPack)
endfunction()
