// The library part of the header-only Boost.JSON: compiled here once, for every room.
#include <boost/json/src.hpp>
