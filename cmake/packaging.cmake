# What `cmake --install` puts where, and the Debian package that CPack makes of it:
#   cmake --build --preset release && cpack --config build/release/CPackConfig.cmake
include(GNUInstallDirs)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

set(packaging "${PROJECT_SOURCE_DIR}/cmake/packaging")
set(manual "${PROJECT_BINARY_DIR}/doorbuster.1")
add_custom_command(
  OUTPUT "${manual}.gz"
  COMMAND Python3::Interpreter "${packaging}/make_manual.py" "$<TARGET_FILE:doorbuster>" "${manual}"
  COMMAND gzip -9nf "${manual}"
  DEPENDS doorbuster "${packaging}/make_manual.py"
  COMMENT "Writing doorbuster(1)")
add_custom_target(package_files ALL DEPENDS "${manual}.gz")

# A package is made of what was asked for by name, not of every test that the tree has.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
install(TARGETS doorbuster RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES "${manual}.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES "${packaging}/completion.bash" RENAME doorbuster
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${packaging}/doorbuster.service" DESTINATION lib/systemd/system)
install(FILES "${PROJECT_SOURCE_DIR}/config/example.json" RENAME config.json
        PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ DESTINATION "/etc/doorbuster")
install(FILES README.md CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY docs/ DESTINATION "${CMAKE_INSTALL_DOCDIR}/docs")
install(DIRECTORY config/ DESTINATION "${CMAKE_INSTALL_DATADIR}/doorbuster/config")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME doorbuster)
set(CPACK_PACKAGE_CONTACT "the doorbuster developers <doorbuster@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "tzdata")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${packaging}/conffiles" "${packaging}/postinst" "${packaging}/prerm" "${packaging}/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
