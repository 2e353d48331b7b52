#pragma once
// Routes of both listeners read queries.

#include "doorbuster/http/query_reader.h"
