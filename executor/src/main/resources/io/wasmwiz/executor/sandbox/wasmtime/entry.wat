;; Calls one function while it is instantiated. The engine's binding tells where a guest trapped only if that happens
;; within an instantiation. The module has a name so that its frames are not taken for the guest's.
(module $entry
  (import "guest" "function" (func $function))
  (start $function))
