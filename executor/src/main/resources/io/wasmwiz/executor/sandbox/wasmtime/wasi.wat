;; WASI preview1 for one guest, inside its store: standard streams, arguments, environment, clocks, randomness, sleep and
;; exit; there are no files and no sockets. Every pointer is checked against the guest's memory before anything is read or
;; written, and every loop can be interrupted by the engine. Numbers of errors: 8 badf, 21 fault, 28 inval, 52 nosys,
;; 54 notdir, 57 notsock, 58 notsup, 70 spipe. Addresses of the buffer's header are those of RunBuffer.java.
(module $wasi
  (import "buffer" "load8" (func $load8 (param i32) (result i32)))
  (import "buffer" "load32" (func $load32 (param i32) (result i32)))
  (import "buffer" "load256" (func $load256 (param i32) (result i64 i64 i64 i64)))
  (import "buffer" "store8" (func $store8 (param i32 i32)))
  (import "buffer" "store32" (func $store32 (param i32 i32)))
  (import "buffer" "store256" (func $store256 (param i32 i64 i64 i64 i64)))
  (import "buffer" "clock_time" (func $clock_time (param i32) (result i64)))
  (import "buffer" "start_clock" (func $start_clock))
  (import "buffer" "clock_resolution" (func $clock_resolution (param i32) (result i64)))
  (import "buffer" "random" (func $random (param i32)))
  (import "buffer" "sleep" (func $sleep (param i64)))
  (import "host" "memory" (memory 0))

  ;; Before each run, outside of its time. $used: whether another run used the memory.
  (func (export "prepare") (param $used i32)
    (if (local.get $used)
      (then (memory.fill (i32.const 0) (i32.const 0) (i32.shl (memory.size) (i32.const 16)))))
    (call $start_clock))

  ;; 1 unless [$at, $at + $bytes) lies within the guest's memory.
  (func $outside (param $at i32) (param $bytes i64) (result i32)
    (i64.gt_u
      (i64.add (i64.extend_i32_u (local.get $at)) (local.get $bytes))
      (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16))))

  (func $min (param $a i64) (param $b i64) (result i64)
    (select (local.get $a) (local.get $b) (i64.lt_u (local.get $a) (local.get $b))))

  ;; From the buffer to the guest; the caller has checked the guest's range.
  (func $to_guest (param $to i32) (param $from i32) (param $bytes i32)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (block $rest
      (loop $next
        (br_if $rest (i32.lt_u (local.get $bytes) (i32.const 32)))
        (call $load256 (local.get $from))
        (local.set $d)
        (local.set $c)
        (local.set $b)
        (local.set $a)
        (i64.store (local.get $to) (local.get $a))
        (i64.store offset=8 (local.get $to) (local.get $b))
        (i64.store offset=16 (local.get $to) (local.get $c))
        (i64.store offset=24 (local.get $to) (local.get $d))
        (local.set $to (i32.add (local.get $to) (i32.const 32)))
        (local.set $from (i32.add (local.get $from) (i32.const 32)))
        (local.set $bytes (i32.sub (local.get $bytes) (i32.const 32)))
        (br $next)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $bytes)))
        (i32.store8 (local.get $to) (call $load8 (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $bytes (i32.sub (local.get $bytes) (i32.const 1)))
        (br $next))))

  ;; From the guest to the buffer; the caller has checked the guest's range.
  (func $from_guest (param $to i32) (param $from i32) (param $bytes i32)
    (block $rest
      (loop $next
        (br_if $rest (i32.lt_u (local.get $bytes) (i32.const 32)))
        (call $store256
          (local.get $to)
          (i64.load (local.get $from))
          (i64.load offset=8 (local.get $from))
          (i64.load offset=16 (local.get $from))
          (i64.load offset=24 (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 32)))
        (local.set $from (i32.add (local.get $from) (i32.const 32)))
        (local.set $bytes (i32.sub (local.get $bytes) (i32.const 32)))
        (br $next)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $bytes)))
        (call $store8 (local.get $to) (i32.load8_u (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $bytes (i32.sub (local.get $bytes) (i32.const 1)))
        (br $next))))

  ;; 8 unless $fd is a standard stream that the guest has not closed.
  (func $check_fd (param $fd i32) (result i32)
    (if (i32.gt_u (local.get $fd) (i32.const 2)) (then (return (i32.const 8))))
    (i32.shl
      (i32.and (i32.shr_u (call $load32 (i32.const 80)) (local.get $fd)) (i32.const 1))
      (i32.const 3)))

  ;; $error for an open standard stream, else 8.
  (func $refuse (param $fd i32) (param $error i32) (result i32)
    (select (i32.const 8) (local.get $error) (call $check_fd (local.get $fd))))

  ;; Bytes that the vectors span together; -1 when a part of them lies outside of the guest's memory.
  (func $vectors_bytes (param $vectors i32) (param $count i32) (result i64) (local $total i64) (local $bytes i64)
    (if (call $outside (local.get $vectors) (i64.shl (i64.extend_i32_u (local.get $count)) (i64.const 3)))
      (then (return (i64.const -1))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $bytes (i64.load32_u offset=4 (local.get $vectors)))
        (if (call $outside (i32.load (local.get $vectors)) (local.get $bytes)) (then (return (i64.const -1))))
        (local.set $total (i64.add (local.get $total) (local.get $bytes)))
        (local.set $vectors (i32.add (local.get $vectors) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (local.get $total))

  ;; 0, or the error of a vector list or a result pointer.
  (func $check_vectors (param $total i64) (param $result i32) (result i32)
    (if (i64.lt_s (local.get $total) (i64.const 0)) (then (return (i32.const 21))))
    (if (call $outside (local.get $result) (i64.const 4)) (then (return (i32.const 21))))
    (if (i64.gt_u (local.get $total) (i64.const 0xffffffff)) (then (return (i32.const 28))))
    (i32.const 0))

  (func (export "fd_read") (param $fd i32) (param $vectors i32) (param $count i32) (param $result i32) (result i32)
    (local $error i32) (local $from i32) (local $left i32) (local $bytes i32) (local $read i32)
    (local.set $error (call $check_fd (local.get $fd)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (local.get $fd) (then (return (i32.const 8))))
    (local.set $error
      (call $check_vectors (call $vectors_bytes (local.get $vectors) (local.get $count)) (local.get $result)))
    (if (local.get $error) (then (return (local.get $error))))
    (local.set $from (i32.add (call $load32 (i32.const 8)) (call $load32 (i32.const 4))))
    (local.set $left (i32.sub (call $load32 (i32.const 0)) (call $load32 (i32.const 4))))
    (block $done
      (loop $next
        (br_if $done (i32.or (i32.eqz (local.get $count)) (i32.eqz (local.get $left))))
        (local.set $bytes (i32.wrap_i64
          (call $min (i64.load32_u offset=4 (local.get $vectors)) (i64.extend_i32_u (local.get $left)))))
        ;; What was read before may have changed this vector, so its range is checked again.
        (if (call $outside (i32.load (local.get $vectors)) (i64.extend_i32_u (local.get $bytes)))
          (then (return (i32.const 21))))
        (call $to_guest (i32.load (local.get $vectors)) (local.get $from) (local.get $bytes))
        (local.set $from (i32.add (local.get $from) (local.get $bytes)))
        (local.set $left (i32.sub (local.get $left) (local.get $bytes)))
        (local.set $read (i32.add (local.get $read) (local.get $bytes)))
        (local.set $vectors (i32.add (local.get $vectors) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (call $store32 (i32.const 4) (i32.add (call $load32 (i32.const 4)) (local.get $read)))
    (i32.store (local.get $result) (local.get $read))
    (i32.const 0))

  ;; Keeps what there is room for, flags the rest as lost, and tells the guest that all was written.
  (func (export "fd_write") (param $fd i32) (param $vectors i32) (param $count i32) (param $result i32) (result i32)
    (local $error i32) (local $stream i32) (local $to i32) (local $room i32) (local $bytes i32) (local $total i64)
    (local.set $error (call $check_fd (local.get $fd)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (i32.eqz (local.get $fd)) (then (return (i32.const 8))))
    (local.set $total (call $vectors_bytes (local.get $vectors) (local.get $count)))
    (local.set $error (call $check_vectors (local.get $total) (local.get $result)))
    (if (local.get $error) (then (return (local.get $error))))
    ;; A stream's header: base, capacity, length, truncated.
    (local.set $stream (i32.shl (local.get $fd) (i32.const 4)))
    (local.set $bytes (call $load32 (i32.add (local.get $stream) (i32.const 8))))
    (local.set $to (i32.add (call $load32 (local.get $stream)) (local.get $bytes)))
    (local.set $room (i32.sub (call $load32 (i32.add (local.get $stream) (i32.const 4))) (local.get $bytes)))
    (if (i64.gt_u (local.get $total) (i64.extend_i32_u (local.get $room)))
      (then (call $store32 (i32.add (local.get $stream) (i32.const 12)) (i32.const 1))))
    (block $done
      (loop $next
        (br_if $done (i32.or (i32.eqz (local.get $count)) (i32.eqz (local.get $room))))
        (local.set $bytes (i32.wrap_i64
          (call $min (i64.load32_u offset=4 (local.get $vectors)) (i64.extend_i32_u (local.get $room)))))
        (call $from_guest (local.get $to) (i32.load (local.get $vectors)) (local.get $bytes))
        (local.set $to (i32.add (local.get $to) (local.get $bytes)))
        (local.set $room (i32.sub (local.get $room) (local.get $bytes)))
        (local.set $vectors (i32.add (local.get $vectors) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        ;; Kept vector by vector, so that a stop in a long list loses nothing that was copied.
        (call $store32
          (i32.add (local.get $stream) (i32.const 8))
          (i32.sub (local.get $to) (call $load32 (local.get $stream))))
        (br $next)))
    (i32.store (local.get $result) (i32.wrap_i64 (local.get $total)))
    (i32.const 0))

  (func (export "fd_close") (param $fd i32) (result i32) (local $error i32)
    (local.set $error (call $check_fd (local.get $fd)))
    (if (local.get $error) (then (return (local.get $error))))
    (call $store32
      (i32.const 80)
      (i32.or (call $load32 (i32.const 80)) (i32.shl (i32.const 1) (local.get $fd))))
    (i32.const 0))

  ;; Streams like pipes: no file type, no flags, and the rights to read or write, to be polled and to be asked about.
  (func (export "fd_fdstat_get") (param $fd i32) (param $result i32) (result i32) (local $error i32)
    (local.set $error (call $check_fd (local.get $fd)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (call $outside (local.get $result) (i64.const 24)) (then (return (i32.const 21))))
    (i64.store (local.get $result) (i64.const 0))
    (i64.store offset=8 (local.get $result)
      (select (i64.const 0x08200040) (i64.const 0x08200002) (local.get $fd)))
    (i64.store offset=16 (local.get $result) (i64.const 0))
    (i32.const 0))

  (func (export "fd_filestat_get") (param $fd i32) (param $result i32) (result i32) (local $error i32)
    (local.set $error (call $check_fd (local.get $fd)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (call $outside (local.get $result) (i64.const 64)) (then (return (i32.const 21))))
    (memory.fill (local.get $result) (i32.const 0) (i32.const 64))
    (i64.store offset=24 (local.get $result) (i64.const 1))       ;; links
    (i32.const 0))

  (func $store_sizes (param $count i32) (param $bytes i32) (param $header i32) (result i32)
    (if (i32.or
          (call $outside (local.get $count) (i64.const 4))
          (call $outside (local.get $bytes) (i64.const 4)))
      (then (return (i32.const 21))))
    (i32.store (local.get $count) (call $load32 (local.get $header)))
    (i32.store (local.get $bytes) (call $load32 (i32.add (local.get $header) (i32.const 8))))
    (i32.const 0))

  ;; Copies strings and points at each. $header: how many, where, bytes in all.
  (func $store_strings (param $pointers i32) (param $to i32) (param $header i32) (result i32)
    (local $count i32) (local $from i32) (local $bytes i32) (local $at i32)
    (local.set $count (call $load32 (local.get $header)))
    (local.set $from (call $load32 (i32.add (local.get $header) (i32.const 4))))
    (local.set $bytes (call $load32 (i32.add (local.get $header) (i32.const 8))))
    (if (i32.or
          (call $outside (local.get $pointers) (i64.shl (i64.extend_i32_u (local.get $count)) (i64.const 2)))
          (call $outside (local.get $to) (i64.extend_i32_u (local.get $bytes))))
      (then (return (i32.const 21))))
    (call $to_guest (local.get $to) (local.get $from) (local.get $bytes))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (i32.store (local.get $pointers) (i32.add (local.get $to) (local.get $at)))
        (block $ended
          (loop $character
            (br_if $ended (i32.ge_u (local.get $at) (local.get $bytes)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $character
              (call $load8 (i32.sub (i32.add (local.get $from) (local.get $at)) (i32.const 1))))))
        (local.set $pointers (i32.add (local.get $pointers) (i32.const 4)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  (func (export "args_sizes_get") (param i32 i32) (result i32)
    (call $store_sizes (local.get 0) (local.get 1) (i32.const 56)))
  (func (export "args_get") (param i32 i32) (result i32)
    (call $store_strings (local.get 0) (local.get 1) (i32.const 56)))
  (func (export "environ_sizes_get") (param i32 i32) (result i32)
    (call $store_sizes (local.get 0) (local.get 1) (i32.const 68)))
  (func (export "environ_get") (param i32 i32) (result i32)
    (call $store_strings (local.get 0) (local.get 1) (i32.const 68)))

  ;; Realtime (0) and monotonic (1).
  (func (export "clock_time_get") (param $clock i32) (param $precision i64) (param $result i32) (result i32)
    (if (i32.gt_u (local.get $clock) (i32.const 1)) (then (return (i32.const 28))))
    (if (call $outside (local.get $result) (i64.const 8)) (then (return (i32.const 21))))
    (i64.store (local.get $result) (call $clock_time (local.get $clock)))
    (i32.const 0))
  (func (export "clock_res_get") (param $clock i32) (param $result i32) (result i32)
    (if (i32.gt_u (local.get $clock) (i32.const 1)) (then (return (i32.const 28))))
    (if (call $outside (local.get $result) (i64.const 8)) (then (return (i32.const 21))))
    (i64.store (local.get $result) (call $clock_resolution (local.get $clock)))
    (i32.const 0))

  (func (export "random_get") (param $to i32) (param $bytes i32) (result i32) (local $part i32)
    (if (call $outside (local.get $to) (i64.extend_i32_u (local.get $bytes))) (then (return (i32.const 21))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $bytes)))
        (local.set $part
          (select (local.get $bytes) (i32.const 4096) (i32.lt_u (local.get $bytes) (i32.const 4096))))
        (call $random (local.get $part))
        (call $to_guest (local.get $to) (i32.const 1024) (local.get $part))
        (local.set $to (i32.add (local.get $to) (local.get $part)))
        (local.set $bytes (i32.sub (local.get $bytes) (local.get $part)))
        (br $next)))
    (i32.const 0))

  (func (export "sched_yield") (result i32) (i32.const 0))

  ;; Nanoseconds until a subscription's event is due; 0 for what is due now, errors and streams included.
  (func $until_due (param $subscription i32) (param $began i64) (result i64) (local $due i64) (local $now i64)
    (if (i32.load8_u offset=8 (local.get $subscription)) (then (return (i64.const 0))))
    (if (i32.gt_u (i32.load offset=16 (local.get $subscription)) (i32.const 1)) (then (return (i64.const 0))))
    (local.set $due (i64.load offset=24 (local.get $subscription)))
    (if (i32.and (i32.load16_u offset=40 (local.get $subscription)) (i32.const 1))
      (then (local.set $now (call $clock_time (i32.load offset=16 (local.get $subscription)))))
      (else (local.set $now (i64.sub (call $clock_time (i32.const 1)) (local.get $began)))))
    (if (i64.le_u (local.get $due) (local.get $now)) (then (return (i64.const 0))))
    (i64.sub (local.get $due) (local.get $now)))

  ;; One event of 32 bytes for a subscription that is due.
  (func $store_event (param $event i32) (param $subscription i32)
    (local $tag i32) (local $subject i32) (local $user i64) (local $error i32) (local $bytes i64)
    (local.set $user (i64.load (local.get $subscription)))
    (local.set $tag (i32.load8_u offset=8 (local.get $subscription)))
    (local.set $subject (i32.load offset=16 (local.get $subscription)))
    (if (i32.eqz (local.get $tag))
      (then
        (if (i32.gt_u (local.get $subject) (i32.const 1)) (then (local.set $error (i32.const 28)))))
      (else
        (local.set $error (call $check_fd (local.get $subject)))
        (if (i32.eqz (local.get $error))
          (then
            ;; Standard input can be read (1), the outputs can be written (2).
            (if (i32.ne (i32.ne (local.get $subject) (i32.const 0)) (i32.eq (local.get $tag) (i32.const 2)))
              (then (local.set $error (i32.const 8))))
            (local.set $bytes (i64.const 65536))
            (if (i32.eqz (local.get $subject))
              (then (local.set $bytes
                (i64.extend_i32_u (i32.sub (call $load32 (i32.const 0)) (call $load32 (i32.const 4)))))))))))
    (i64.store (local.get $event) (local.get $user))
    (i64.store offset=8 (local.get $event) (i64.const 0))
    (i32.store16 offset=8 (local.get $event) (local.get $error))
    (i32.store8 offset=10 (local.get $event) (local.get $tag))
    (i64.store offset=16 (local.get $event) (select (i64.const 0) (local.get $bytes) (local.get $error)))
    (i64.store offset=24 (local.get $event) (i64.const 0)))

  ;; Waits in slices of at most 5 ms, between which the engine can stop the guest.
  (func (export "poll_oneoff")
    (param $subscriptions i32) (param $events i32) (param $count i32) (param $result i32) (result i32)
    (local $began i64) (local $nearest i64) (local $at i32) (local $left i32) (local $stored i32)
    (if (i32.eqz (local.get $count)) (then (return (i32.const 28))))
    (if (i32.or
          (i32.or
            (call $outside (local.get $subscriptions)
              (i64.mul (i64.extend_i32_u (local.get $count)) (i64.const 48)))
            (call $outside (local.get $events) (i64.shl (i64.extend_i32_u (local.get $count)) (i64.const 5))))
          (call $outside (local.get $result) (i64.const 4)))
      (then (return (i32.const 21))))
    (local.set $began (call $clock_time (i32.const 1)))
    (loop $wait
      (local.set $nearest (i64.const 5000000))
      (local.set $at (local.get $subscriptions))
      (local.set $left (local.get $count))
      (loop $next
        (if (i32.gt_u (i32.load8_u offset=8 (local.get $at)) (i32.const 2)) (then (return (i32.const 28))))
        (local.set $nearest (call $min (local.get $nearest) (call $until_due (local.get $at) (local.get $began))))
        (local.set $at (i32.add (local.get $at) (i32.const 48)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $next (local.get $left)))
      (if (i64.ne (local.get $nearest) (i64.const 0))
        (then
          (call $sleep (local.get $nearest))
          (br $wait))))
    (local.set $at (local.get $subscriptions))
    (local.set $left (local.get $count))
    (loop $next
      (if (i64.eqz (call $until_due (local.get $at) (local.get $began)))
        (then
          (call $store_event
            (i32.add (local.get $events) (i32.shl (local.get $stored) (i32.const 5)))
            (local.get $at))
          (local.set $stored (i32.add (local.get $stored) (i32.const 1)))))
      (local.set $at (i32.add (local.get $at) (i32.const 48)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $next (local.get $left)))
    (i32.store (local.get $result) (local.get $stored))
    (i32.const 0))

  ;; As everywhere, a program's exit code is a byte.
  (func (export "proc_exit") (param $code i32)
    (call $store32 (i32.const 52) (i32.and (local.get $code) (i32.const 255)))
    (call $store32 (i32.const 48) (i32.const 1))
    (unreachable))
  (func (export "proc_raise") (param i32) (result i32) (i32.const 52))

  ;; A stream has no position and no size, and takes no new flags.
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) (call $refuse (local.get 0) (i32.const 70)))
  (func (export "fd_tell") (param i32 i32) (result i32) (call $refuse (local.get 0) (i32.const 70)))
  (func (export "fd_pread") (param i32 i32 i32 i64 i32) (result i32) (call $refuse (local.get 0) (i32.const 70)))
  (func (export "fd_pwrite") (param i32 i32 i32 i64 i32) (result i32) (call $refuse (local.get 0) (i32.const 70)))
  (func (export "fd_advise") (param i32 i64 i64 i32) (result i32) (call $refuse (local.get 0) (i32.const 70)))
  (func (export "fd_allocate") (param i32 i64 i64) (result i32) (call $refuse (local.get 0) (i32.const 70)))
  (func (export "fd_datasync") (param i32) (result i32) (call $refuse (local.get 0) (i32.const 28)))
  (func (export "fd_sync") (param i32) (result i32) (call $refuse (local.get 0) (i32.const 28)))
  (func (export "fd_filestat_set_size") (param i32 i64) (result i32) (call $refuse (local.get 0) (i32.const 28)))
  (func (export "fd_filestat_set_times") (param i32 i64 i64 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 58)))
  (func (export "fd_fdstat_set_flags") (param i32 i32) (result i32)
    (call $refuse (local.get 0) (select (i32.const 58) (i32.const 0) (local.get 1))))
  (func (export "fd_fdstat_set_rights") (param i32 i64 i64) (result i32) (call $refuse (local.get 0) (i32.const 58)))
  (func (export "fd_renumber") (param i32 i32) (result i32) (call $refuse (local.get 0) (i32.const 58)))

  ;; There are no directories and no sockets.
  (func (export "fd_prestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_readdir") (param i32 i32 i32 i64 i32) (result i32) (call $refuse (local.get 0) (i32.const 54)))
  (func (export "path_create_directory") (param i32 i32 i32) (result i32) (call $refuse (local.get 0) (i32.const 54)))
  (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 54)))
  (func (export "path_filestat_set_times") (param i32 i32 i32 i32 i64 i64 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 54)))
  (func (export "path_link") (param i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 54)))
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 54)))
  (func (export "path_readlink") (param i32 i32 i32 i32 i32 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 54)))
  (func (export "path_remove_directory") (param i32 i32 i32) (result i32) (call $refuse (local.get 0) (i32.const 54)))
  (func (export "path_rename") (param i32 i32 i32 i32 i32 i32) (result i32) (call $refuse (local.get 0) (i32.const 54)))
  ;; The directory of a new symbolic link comes third.
  (func (export "path_symlink") (param i32 i32 i32 i32 i32) (result i32) (call $refuse (local.get 2) (i32.const 54)))
  (func (export "path_unlink_file") (param i32 i32 i32) (result i32) (call $refuse (local.get 0) (i32.const 54)))
  (func (export "sock_accept") (param i32 i32 i32) (result i32) (call $refuse (local.get 0) (i32.const 57)))
  (func (export "sock_recv") (param i32 i32 i32 i32 i32 i32) (result i32) (call $refuse (local.get 0) (i32.const 57)))
  (func (export "sock_send") (param i32 i32 i32 i32 i32) (result i32) (call $refuse (local.get 0) (i32.const 57)))
  (func (export "sock_shutdown") (param i32 i32) (result i32) (call $refuse (local.get 0) (i32.const 57)))
)
