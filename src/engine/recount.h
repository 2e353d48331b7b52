#pragma once
// Keeps the audit's sums right where an order changes: see books_audit.h.

#include "doorbuster/engine/engine.h"

namespace doorbuster {

// While an order becomes what it is.
class Engine::NewBooks {
 public:
  NewBooks(Engine& engine, OrderSlot slot) : engine_(engine), slot_(slot) {}
  ~NewBooks() { engine_.count_books(slot_, 1); }
  NewBooks(const NewBooks&) = delete;
  NewBooks& operator=(const NewBooks&) = delete;

 private:
  Engine& engine_;
  const OrderSlot slot_;
};

// While an order becomes something else.
class Engine::Recount : public NewBooks {
 public:
  Recount(Engine& engine, OrderSlot slot) : NewBooks(engine, slot) { engine.count_books(slot, -1); }
};

}  // namespace doorbuster
