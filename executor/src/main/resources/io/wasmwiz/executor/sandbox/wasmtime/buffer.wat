;; The side of the sandbox that the guest cannot reach. Its memory holds what goes into a run and what comes out of it;
;; RunBuffer.java reads and writes it and documents the layout. wasi.wat moves bytes between it and the guest's memory
;; through these functions, because an instance sees one memory only. The engine's own WASI functions are called from
;; here, so they touch this memory and never a guest's pointer.
(module $buffer
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_res_get" (func $clock_res_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "host" "buffer" (memory 1))
  (export "memory" (memory 0))

  (func (export "load8") (param $at i32) (result i32) (i32.load8_u (local.get $at)))
  (func (export "load32") (param $at i32) (result i32) (i32.load (local.get $at)))
  (func (export "load64") (param $at i32) (result i64) (i64.load (local.get $at)))
  (func (export "load256") (param $at i32) (result i64 i64 i64 i64)
    (i64.load (local.get $at))
    (i64.load offset=8 (local.get $at))
    (i64.load offset=16 (local.get $at))
    (i64.load offset=24 (local.get $at)))
  (func (export "store8") (param $at i32) (param $value i32) (i32.store8 (local.get $at) (local.get $value)))
  (func (export "store32") (param $at i32) (param $value i32) (i32.store (local.get $at) (local.get $value)))
  (func (export "store64") (param $at i32) (param $value i64) (i64.store (local.get $at) (local.get $value)))
  (func (export "store256") (param $at i32) (param $a i64) (param $b i64) (param $c i64) (param $d i64)
    (i64.store (local.get $at) (local.get $a))
    (i64.store offset=8 (local.get $at) (local.get $b))
    (i64.store offset=16 (local.get $at) (local.get $c))
    (i64.store offset=24 (local.get $at) (local.get $d)))

  ;; Scratch: 256 subscription (48 bytes) or directory entry (28), 320 event (32), 352 count, 360 clock value, 1024 random
  ;; bytes (4096).
  (func $now (param $clock i32) (result i64)
    (if (call $clock_time_get (local.get $clock) (i64.const 1) (i32.const 360)) (then (unreachable)))
    (i64.load (i32.const 360)))
  ;; Realtime (0) is the host's. The monotonic clock (1) counts from the start of the run, so that it tells nothing of the
  ;; store's earlier ones. The CPU clocks (2, 3) stand still while the run sleeps.
  (func (export "clock_time") (param $clock i32) (result i64) (local $time i64)
    (if (i32.eqz (local.get $clock)) (then (return (call $now (i32.const 0)))))
    (local.set $time (i64.sub (call $now (i32.const 1)) (i64.load (i32.const 88))))
    (if (i32.gt_u (local.get $clock) (i32.const 1))
      (then (local.set $time (i64.sub (local.get $time) (i64.load (i32.const 96))))))
    (local.get $time))
  ;; Called once in a store; GuestStore.java starts the clock of each run from what it says.
  (func (export "start_clock")
    (i64.store (i32.const 88) (i64.sub (call $now (i32.const 1)) (i64.const 1))))
  (func (export "clock_resolution") (param $clock i32) (result i64)
    (if (call $clock_res_get (local.get $clock) (i32.const 360)) (then (unreachable)))
    (i64.load (i32.const 360)))
  ;; Puts $count random bytes, at most 4096, at 1024.
  (func (export "random") (param $count i32)
    (if (call $random_get (i32.const 1024) (local.get $count)) (then (unreachable))))
  ;; Sleeps; not interrupted, so callers pass a few milliseconds at most.
  (func (export "sleep") (param $nanoseconds i64) (local $began i64)
    (local.set $began (call $now (i32.const 1)))
    (i64.store (i32.const 256) (i64.const 0))
    (i64.store (i32.const 264) (i64.const 0))                     ;; tag: clock
    (i64.store (i32.const 272) (i64.const 1))                     ;; monotonic
    (i64.store (i32.const 280) (local.get $nanoseconds))
    (i64.store (i32.const 288) (i64.const 0))
    (i64.store (i32.const 296) (i64.const 0))                     ;; relative
    (if (call $poll_oneoff (i32.const 256) (i32.const 320) (i32.const 1) (i32.const 352)) (then (unreachable)))
    (i64.store (i32.const 96)
      (i64.add (i64.load (i32.const 96)) (i64.sub (call $now (i32.const 1)) (local.get $began)))))
)
