;; WASI preview1 for one guest, inside its store: standard streams, a read-only tree of files, arguments, environment,
;; clocks, randomness, sleep and exit; there are no sockets. Every pointer is checked against the guest's memory before
;; anything is read or written, in 64 bits, and every loop can be interrupted by the engine. Descriptors are checked before
;; pointers, pointers before values. Numbers of errors: 8 badf, 20 exist, 21 fault, 28 inval, 31 isdir, 33 mfile,
;; 37 nametoolong, 44 noent, 52 nosys, 54 notdir, 57 notsock, 58 notsup, 63 perm, 69 rofs, 70 spipe, 76 notcapable.
;; Input and output pass through rings of the buffer that the host fills and drains while the guest runs (RunStreams.java);
;; numbers of the buffer are read through a call each time, so the compiler keeps none of them.
;; Addresses of the buffer's header, descriptors and nodes are those of RunBuffer.java.
(module $wasi
  (import "buffer" "load8" (func $load8 (param i32) (result i32)))
  (import "buffer" "load32" (func $load32 (param i32) (result i32)))
  (import "buffer" "load64" (func $load64 (param i32) (result i64)))
  (import "buffer" "load256" (func $load256 (param i32) (result i64 i64 i64 i64)))
  (import "buffer" "store8" (func $store8 (param i32 i32)))
  (import "buffer" "store32" (func $store32 (param i32 i32)))
  (import "buffer" "store64" (func $store64 (param i32 i64)))
  (import "buffer" "store256" (func $store256 (param i32 i64 i64 i64 i64)))
  (import "buffer" "clock_time" (func $clock_time (param i32) (result i64)))
  (import "buffer" "clock_resolution" (func $clock_resolution (param i32) (result i64)))
  (import "buffer" "random" (func $random (param i32)))
  (import "buffer" "sleep" (func $sleep (param i64)))
  (import "host" "memory" (memory 0))

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

  ;; The address of an open descriptor's entry, else 0.
  (func $entry (param $fd i32) (result i32) (local $entry i32)
    (if (i32.ge_u (local.get $fd) (i32.const 96)) (then (return (i32.const 0))))
    (local.set $entry (i32.add (i32.const 5120) (i32.shl (local.get $fd) (i32.const 5))))
    (select (local.get $entry) (i32.const 0) (call $load32 (local.get $entry))))

  ;; What an entry is of: 0 nothing, 1 standard input, 2 standard output, 3 standard error, 4 a file, 5 a directory.
  (func $kind (param $fd i32) (result i32) (local $entry i32)
    (local.set $entry (call $entry (local.get $fd)))
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 0))))
    (call $load32 (local.get $entry)))

  (func $has_right (param $entry i32) (param $right i32) (result i32)
    (i32.ne
      (i32.and (call $load32 (i32.add (local.get $entry) (i32.const 16))) (local.get $right))
      (i32.const 0)))

  ;; An error by what $fd is of: 8 when it is not open, else $stream, $file or $directory.
  (func $refuse (param $fd i32) (param $stream i32) (param $file i32) (param $directory i32) (result i32)
    (local $kind i32)
    (local.set $kind (call $kind (local.get $fd)))
    (if (i32.eqz (local.get $kind)) (then (return (i32.const 8))))
    (if (i32.le_u (local.get $kind) (i32.const 3)) (then (return (local.get $stream))))
    (select (local.get $file) (local.get $directory) (i32.eq (local.get $kind) (i32.const 4))))

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

  ;; Copies $left bytes at most to the vectors; how many, or -1 when a vector came to lie outside of the guest's memory.
  (func $scatter (param $vectors i32) (param $count i32) (param $from i32) (param $left i32) (result i32)
    (local $bytes i32) (local $read i32)
    (block $done
      (loop $next
        (br_if $done (i32.or (i32.eqz (local.get $count)) (i32.eqz (local.get $left))))
        (local.set $bytes (i32.wrap_i64
          (call $min (i64.load32_u offset=4 (local.get $vectors)) (i64.extend_i32_u (local.get $left)))))
        ;; What was read before may have changed this vector, so its range is checked again.
        (if (call $outside (i32.load (local.get $vectors)) (i64.extend_i32_u (local.get $bytes)))
          (then (return (i32.const -1))))
        (call $to_guest (i32.load (local.get $vectors)) (local.get $from) (local.get $bytes))
        (local.set $from (i32.add (local.get $from) (local.get $bytes)))
        (local.set $left (i32.sub (local.get $left) (local.get $bytes)))
        (local.set $read (i32.add (local.get $read) (local.get $bytes)))
        (local.set $vectors (i32.add (local.get $vectors) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (local.get $read))

  ;; Bytes of a file from $position on.
  (func $bytes_after (param $node i32) (param $position i64) (result i32) (local $size i64)
    (local.set $size (i64.extend_i32_u (call $load32 (i32.add (local.get $node) (i32.const 20)))))
    (if (i64.ge_u (local.get $position) (local.get $size)) (then (return (i32.const 0))))
    (i32.wrap_i64 (i64.sub (local.get $size) (local.get $position))))

  (func $read_file
    (param $node i32) (param $position i64) (param $vectors i32) (param $count i32) (result i32)
    (call $scatter
      (local.get $vectors)
      (local.get $count)
      (i32.add
        (call $load32 (i32.add (local.get $node) (i32.const 16)))
        (i32.wrap_i64 (local.get $position)))
      (call $bytes_after (local.get $node) (local.get $position))))

  ;; 0 when the descriptor can be read and the vectors can be filled.
  (func $check_read (param $entry i32) (param $vectors i32) (param $count i32) (param $result i32) (result i32)
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 8))))
    (if (i32.eq (call $load32 (local.get $entry)) (i32.const 5)) (then (return (i32.const 31))))
    (if (i32.eqz (call $has_right (local.get $entry) (i32.const 2))) (then (return (i32.const 8))))
    (call $check_vectors (call $vectors_bytes (local.get $vectors) (local.get $count)) (local.get $result)))

  ;; While the host has to catch up: looks again for some microseconds, then sleeps between looks.
  (func $pause (param $looks i32)
    (if (i32.gt_u (local.get $looks) (i32.const 1000)) (then (call $sleep (i64.const 20000)))))

  ;; What lies in the window, without a break and at most as much as the vectors take; none only at the end of the input.
  (func $read_input (param $vectors i32) (param $count i32) (result i32)
    (local $read i32) (local $position i32) (local $left i32) (local $window i32) (local $looks i32)
    (local.set $position (call $load32 (i32.const 4)))
    (if (i32.eq (local.get $position) (call $load32 (i32.const 0))) (then (return (i32.const 0))))
    (block $there
      (loop $look
        (local.set $left (i32.sub (call $load32 (i32.const 104)) (local.get $position)))
        (br_if $there (local.get $left))
        (local.set $looks (i32.add (local.get $looks) (i32.const 1)))
        (call $pause (local.get $looks))
        (br $look)))
    (local.set $window (call $load32 (i32.const 12)))
    (local.set $position (i32.and (local.get $position) (i32.sub (local.get $window) (i32.const 1))))
    (local.set $read
      (call $scatter
        (local.get $vectors)
        (local.get $count)
        (i32.add (call $load32 (i32.const 8)) (local.get $position))
        (call $smaller (local.get $left) (i32.sub (local.get $window) (local.get $position)))))
    (if (i32.gt_s (local.get $read) (i32.const 0))
      (then (call $store32 (i32.const 4) (i32.add (call $load32 (i32.const 4)) (local.get $read)))))
    (local.get $read))

  (func (export "fd_read") (param $fd i32) (param $vectors i32) (param $count i32) (param $result i32) (result i32)
    (local $entry i32) (local $error i32) (local $read i32) (local $position i64)
    (local.set $entry (call $entry (local.get $fd)))
    (local.set $error
      (call $check_read (local.get $entry) (local.get $vectors) (local.get $count) (local.get $result)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (i32.eq (call $load32 (local.get $entry)) (i32.const 1))
      (then (local.set $read (call $read_input (local.get $vectors) (local.get $count))))
      (else
        (local.set $position (call $load64 (i32.add (local.get $entry) (i32.const 8))))
        (local.set $read
          (call $read_file
            (call $load32 (i32.add (local.get $entry) (i32.const 4)))
            (local.get $position)
            (local.get $vectors)
            (local.get $count)))
        (if (i32.gt_s (local.get $read) (i32.const 0))
          (then
            (call $store64
              (i32.add (local.get $entry) (i32.const 8))
              (i64.add (local.get $position) (i64.extend_i32_u (local.get $read))))))))
    (if (i32.lt_s (local.get $read) (i32.const 0)) (then (return (i32.const 21))))
    (i32.store (local.get $result) (local.get $read))
    (i32.const 0))

  (func (export "fd_pread")
    (param $fd i32) (param $vectors i32) (param $count i32) (param $position i64) (param $result i32) (result i32)
    (local $entry i32) (local $error i32) (local $read i32)
    (local.set $error (call $refuse (local.get $fd) (i32.const 70) (i32.const 0) (i32.const 31)))
    (if (local.get $error) (then (return (local.get $error))))
    (local.set $entry (call $entry (local.get $fd)))
    (local.set $error
      (call $check_read (local.get $entry) (local.get $vectors) (local.get $count) (local.get $result)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (i64.lt_s (local.get $position) (i64.const 0)) (then (return (i32.const 28))))
    (local.set $read
      (call $read_file
        (call $load32 (i32.add (local.get $entry) (i32.const 4)))
        (local.get $position)
        (local.get $vectors)
        (local.get $count)))
    (if (i32.lt_s (local.get $read) (i32.const 0)) (then (return (i32.const 21))))
    (i32.store (local.get $result) (local.get $read))
    (i32.const 0))

  ;; Copies $bytes to a stream's ring, waiting for the host where it is full; $stream is the header: base, limit, length,
  ;; truncated. Kept piece by piece, so that a stop loses nothing that was copied.
  (func $append (param $stream i32) (param $from i32) (param $bytes i32)
    (local $index i32) (local $ring i32) (local $length i32) (local $at i32) (local $part i32) (local $looks i32)
    (local.set $index (i32.sub (i32.shr_u (local.get $stream) (i32.const 2)) (i32.const 4)))
    (local.set $ring (call $load32 (i32.add (local.get $index) (i32.const 116))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $bytes)))
        (local.set $length (call $load32 (i32.add (local.get $stream) (i32.const 8))))
        (local.set $looks (i32.const 0))
        (block $room
          (loop $look
            (local.set $part
              (i32.sub
                (local.get $ring)
                (i32.sub (local.get $length) (call $load32 (i32.add (local.get $index) (i32.const 108))))))
            (br_if $room (local.get $part))
            (local.set $looks (i32.add (local.get $looks) (i32.const 1)))
            (call $pause (local.get $looks))
            (br $look)))
        (local.set $at (i32.and (local.get $length) (i32.sub (local.get $ring) (i32.const 1))))
        (local.set $part
          (call $smaller
            (local.get $bytes)
            (call $smaller (local.get $part) (i32.sub (local.get $ring) (local.get $at)))))
        (call $from_guest
          (i32.add (call $load32 (local.get $stream)) (local.get $at))
          (local.get $from)
          (local.get $part))
        (call $store32
          (i32.add (local.get $stream) (i32.const 8))
          (i32.add (local.get $length) (local.get $part)))
        (local.set $from (i32.add (local.get $from) (local.get $part)))
        (local.set $bytes (i32.sub (local.get $bytes) (local.get $part)))
        (br $next))))

  ;; Keeps what the limit has room for, flags the rest as lost, and tells the guest that all was written.
  (func (export "fd_write") (param $fd i32) (param $vectors i32) (param $count i32) (param $result i32) (result i32)
    (local $entry i32) (local $error i32) (local $stream i32) (local $room i32) (local $bytes i32) (local $total i64)
    (local.set $entry (call $entry (local.get $fd)))
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 8))))
    (if (i32.eqz (call $has_right (local.get $entry) (i32.const 64))) (then (return (i32.const 8))))
    (local.set $total (call $vectors_bytes (local.get $vectors) (local.get $count)))
    (local.set $error (call $check_vectors (local.get $total) (local.get $result)))
    (if (local.get $error) (then (return (local.get $error))))
    (local.set $stream (i32.shl (i32.sub (call $load32 (local.get $entry)) (i32.const 1)) (i32.const 4)))
    (local.set $room
      (i32.sub
        (call $load32 (i32.add (local.get $stream) (i32.const 4)))
        (call $load32 (i32.add (local.get $stream) (i32.const 8)))))
    (if (i64.gt_u (local.get $total) (i64.extend_i32_u (local.get $room)))
      (then (call $store32 (i32.add (local.get $stream) (i32.const 12)) (i32.const 1))))
    (block $done
      (loop $next
        (br_if $done (i32.or (i32.eqz (local.get $count)) (i32.eqz (local.get $room))))
        (local.set $bytes (i32.wrap_i64
          (call $min (i64.load32_u offset=4 (local.get $vectors)) (i64.extend_i32_u (local.get $room)))))
        (call $append (local.get $stream) (i32.load (local.get $vectors)) (local.get $bytes))
        (local.set $room (i32.sub (local.get $room) (local.get $bytes)))
        (local.set $vectors (i32.add (local.get $vectors) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $result) (i32.wrap_i64 (local.get $total)))
    (i32.const 0))

  (func (export "fd_close") (param $fd i32) (result i32) (local $entry i32)
    (local.set $entry (call $entry (local.get $fd)))
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 8))))
    (call $store256 (local.get $entry) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0))
    (i32.const 0))

  ;; Both must be open; $to is closed first.
  (func (export "fd_renumber") (param $fd i32) (param $to i32) (result i32)
    (local $from_entry i32) (local $to_entry i32) (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (local.set $from_entry (call $entry (local.get $fd)))
    (local.set $to_entry (call $entry (local.get $to)))
    (if (i32.or (i32.eqz (local.get $from_entry)) (i32.eqz (local.get $to_entry))) (then (return (i32.const 8))))
    (if (i32.eq (local.get $fd) (local.get $to)) (then (return (i32.const 0))))
    (call $load256 (local.get $from_entry))
    (local.set $d)
    (local.set $c)
    (local.set $b)
    (local.set $a)
    (call $store256 (local.get $to_entry) (local.get $a) (local.get $b) (local.get $c) (local.get $d))
    (call $store256 (local.get $from_entry) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0))
    (i32.const 0))

  ;; Streams are like pipes: no file type.
  (func (export "fd_fdstat_get") (param $fd i32) (param $result i32) (result i32) (local $entry i32)
    (local.set $entry (call $entry (local.get $fd)))
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 8))))
    (if (call $outside (local.get $result) (i64.const 24)) (then (return (i32.const 21))))
    (i64.store (local.get $result) (i64.const 0))
    (i32.store8 (local.get $result) (call $file_type (local.get $entry)))
    (i32.store16 offset=2 (local.get $result) (call $load32 (i32.add (local.get $entry) (i32.const 24))))
    (i64.store offset=8 (local.get $result)
      (i64.extend_i32_u (call $load32 (i32.add (local.get $entry) (i32.const 16)))))
    (i64.store offset=16 (local.get $result)
      (i64.extend_i32_u (call $load32 (i32.add (local.get $entry) (i32.const 20)))))
    (i32.const 0))

  ;; 0 unknown, 3 directory, 4 regular file.
  (func $file_type (param $entry i32) (result i32) (local $node i32)
    (local.set $node (call $load32 (i32.add (local.get $entry) (i32.const 4))))
    (if (i32.eqz (local.get $node)) (then (return (i32.const 0))))
    (call $load32 (i32.add (local.get $node) (i32.const 8))))

  ;; Append (1) and nonblock (4) are kept and change nothing: output is appended, and nothing is awaited. Synchronous
  ;; writing (2, 8, 16) is not supported.
  (func (export "fd_fdstat_set_flags") (param $fd i32) (param $flags i32) (result i32) (local $entry i32)
    (local.set $entry (call $entry (local.get $fd)))
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 8))))
    (if (i32.gt_u (local.get $flags) (i32.const 31)) (then (return (i32.const 28))))
    (if (i32.eqz (call $has_right (local.get $entry) (i32.const 8))) (then (return (i32.const 76))))
    (if (i32.and (local.get $flags) (i32.const 26)) (then (return (i32.const 58))))
    (call $store32 (i32.add (local.get $entry) (i32.const 24)) (local.get $flags))
    (i32.const 0))

  ;; Rights can be given away, never gained.
  (func (export "fd_fdstat_set_rights") (param $fd i32) (param $base i64) (param $inheriting i64) (result i32)
    (local $entry i32)
    (local.set $entry (call $entry (local.get $fd)))
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 8))))
    (if (i32.or
          (call $exceeds (local.get $base) (i32.add (local.get $entry) (i32.const 16)))
          (call $exceeds (local.get $inheriting) (i32.add (local.get $entry) (i32.const 20))))
      (then (return (i32.const 76))))
    (call $store32 (i32.add (local.get $entry) (i32.const 16)) (i32.wrap_i64 (local.get $base)))
    (call $store32 (i32.add (local.get $entry) (i32.const 20)) (i32.wrap_i64 (local.get $inheriting)))
    (i32.const 0))

  ;; Whether $rights has any that those at $held lack.
  (func $exceeds (param $rights i64) (param $held i32) (result i32)
    (i64.ne
      (i64.and (local.get $rights) (i64.xor (i64.extend_i32_u (call $load32 (local.get $held))) (i64.const -1)))
      (i64.const 0)))

  ;; $node: 0 for a stream. Times are 0: nothing is known of them.
  (func $store_filestat (param $result i32) (param $node i32)
    (memory.fill (local.get $result) (i32.const 0) (i32.const 64))
    (i64.store offset=24 (local.get $result) (i64.const 1))       ;; links
    (if (local.get $node)
      (then
        (i64.store (local.get $result) (i64.const 1))             ;; device
        (i64.store offset=8 (local.get $result)
          (i64.extend_i32_u (call $load32 (i32.add (local.get $node) (i32.const 24)))))
        (i32.store8 offset=16 (local.get $result) (call $load32 (i32.add (local.get $node) (i32.const 8))))
        (if (i32.eq (call $load32 (i32.add (local.get $node) (i32.const 8))) (i32.const 4))
          (then
            (i64.store offset=32 (local.get $result)
              (i64.extend_i32_u (call $load32 (i32.add (local.get $node) (i32.const 20))))))))))

  (func (export "fd_filestat_get") (param $fd i32) (param $result i32) (result i32) (local $entry i32)
    (local.set $entry (call $entry (local.get $fd)))
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 8))))
    (if (call $outside (local.get $result) (i64.const 64)) (then (return (i32.const 21))))
    (if (i32.eqz (call $has_right (local.get $entry) (i32.const 0x200000))) (then (return (i32.const 76))))
    (call $store_filestat (local.get $result) (call $load32 (i32.add (local.get $entry) (i32.const 4))))
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

  ;; Realtime (0), monotonic (1), the CPU time of the process (2) and of the thread (3), which are the same.
  (func (export "clock_time_get") (param $clock i32) (param $precision i64) (param $result i32) (result i32)
    (if (call $outside (local.get $result) (i64.const 8)) (then (return (i32.const 21))))
    (if (i32.gt_u (local.get $clock) (i32.const 3)) (then (return (i32.const 28))))
    (i64.store (local.get $result) (call $clock_time (local.get $clock)))
    (i32.const 0))
  (func (export "clock_res_get") (param $clock i32) (param $result i32) (result i32)
    (if (call $outside (local.get $result) (i64.const 8)) (then (return (i32.const 21))))
    (if (i32.gt_u (local.get $clock) (i32.const 3)) (then (return (i32.const 28))))
    (i64.store (local.get $result) (call $clock_resolution (i32.ne (local.get $clock) (i32.const 0))))
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

  ;; The error of a subscription to a clock: those that stand still while the run sleeps cannot be awaited.
  (func $clock_error (param $clock i32) (result i32)
    (if (i32.le_u (local.get $clock) (i32.const 1)) (then (return (i32.const 0))))
    (select (i32.const 58) (i32.const 28) (i32.le_u (local.get $clock) (i32.const 3))))

  ;; The error of a subscription to a descriptor, to be read (1) or written (2).
  (func $poll_error (param $entry i32) (param $tag i32) (result i32)
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 8))))
    (if (i32.eqz (call $has_right (local.get $entry) (i32.const 0x8000000))) (then (return (i32.const 76))))
    (if (i32.eqz
          (call $has_right (local.get $entry)
            (select (i32.const 2) (i32.const 64) (i32.eq (local.get $tag) (i32.const 1)))))
      (then (return (i32.const 8))))
    (i32.const 0))

  ;; Bytes that can be read at once.
  (func $readable (param $entry i32) (result i64)
    (if (i32.eq (call $load32 (local.get $entry)) (i32.const 1))
      (then
        (return (i64.extend_i32_u (i32.sub (call $load32 (i32.const 0)) (call $load32 (i32.const 4)))))))
    (i64.extend_i32_u
      (call $bytes_after
        (call $load32 (i32.add (local.get $entry) (i32.const 4)))
        (call $load64 (i32.add (local.get $entry) (i32.const 8))))))

  ;; One event of 32 bytes for a subscription that is due.
  (func $store_event (param $event i32) (param $subscription i32)
    (local $tag i32) (local $subject i32) (local $user i64) (local $error i32) (local $bytes i64) (local $ended i32)
    (local $entry i32)
    (local.set $user (i64.load (local.get $subscription)))
    (local.set $tag (i32.load8_u offset=8 (local.get $subscription)))
    (local.set $subject (i32.load offset=16 (local.get $subscription)))
    (if (i32.eqz (local.get $tag))
      (then (local.set $error (call $clock_error (local.get $subject))))
      (else
        (local.set $entry (call $entry (local.get $subject)))
        (local.set $error (call $poll_error (local.get $entry) (local.get $tag)))
        (if (i32.eqz (local.get $error))
          (then
            (local.set $bytes (i64.const 65536))
            (if (i32.eq (local.get $tag) (i32.const 1))
              (then
                (local.set $bytes (call $readable (local.get $entry)))
                ;; Nobody writes to standard input any more once it is read.
                (local.set $ended
                  (i32.and
                    (i64.eqz (local.get $bytes))
                    (i32.eq (call $load32 (local.get $entry)) (i32.const 1))))))))))
    (i64.store (local.get $event) (local.get $user))
    (i64.store offset=8 (local.get $event) (i64.const 0))
    (i32.store16 offset=8 (local.get $event) (local.get $error))
    (i32.store8 offset=10 (local.get $event) (local.get $tag))
    (i64.store offset=16 (local.get $event) (local.get $bytes))
    (i64.store offset=24 (local.get $event) (i64.extend_i32_u (local.get $ended))))

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
  ;; There are no signals to send, but for the one (0) that only asks whether one could be.
  (func (export "proc_raise") (param $signal i32) (result i32)
    (if (i32.gt_u (local.get $signal) (i32.const 30)) (then (return (i32.const 28))))
    (select (i32.const 52) (i32.const 0) (local.get $signal)))

  ;; Whence: from the start (0), from the position (1), from the end (2).
  (func (export "fd_seek") (param $fd i32) (param $offset i64) (param $whence i32) (param $result i32) (result i32)
    (local $entry i32) (local $error i32) (local $position i64) (local $tells i32)
    (local.set $error (call $refuse (local.get $fd) (i32.const 70) (i32.const 0) (i32.const 8)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (call $outside (local.get $result) (i64.const 8)) (then (return (i32.const 21))))
    (if (i32.gt_u (local.get $whence) (i32.const 2)) (then (return (i32.const 28))))
    (local.set $entry (call $entry (local.get $fd)))
    (local.set $tells (i32.and (i64.eqz (local.get $offset)) (i32.eq (local.get $whence) (i32.const 1))))
    (if (i32.eqz (call $has_right (local.get $entry) (select (i32.const 36) (i32.const 4) (local.get $tells))))
      (then (return (i32.const 76))))
    (if (i32.eq (local.get $whence) (i32.const 1))
      (then (local.set $position (call $load64 (i32.add (local.get $entry) (i32.const 8))))))
    (if (i32.eq (local.get $whence) (i32.const 2))
      (then
        (local.set $position
          (i64.extend_i32_u
            (call $load32 (i32.add (call $load32 (i32.add (local.get $entry) (i32.const 4))) (i32.const 20)))))))
    ;; A position is never negative, so a sum that is too large comes out negative, too.
    (local.set $position (i64.add (local.get $position) (local.get $offset)))
    (if (i64.lt_s (local.get $position) (i64.const 0)) (then (return (i32.const 28))))
    (call $store64 (i32.add (local.get $entry) (i32.const 8)) (local.get $position))
    (i64.store (local.get $result) (local.get $position))
    (i32.const 0))

  (func (export "fd_tell") (param $fd i32) (param $result i32) (result i32) (local $entry i32) (local $error i32)
    (local.set $error (call $refuse (local.get $fd) (i32.const 70) (i32.const 0) (i32.const 8)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (call $outside (local.get $result) (i64.const 8)) (then (return (i32.const 21))))
    (local.set $entry (call $entry (local.get $fd)))
    (if (i32.eqz (call $has_right (local.get $entry) (i32.const 32))) (then (return (i32.const 76))))
    (i64.store (local.get $result) (call $load64 (i32.add (local.get $entry) (i32.const 8))))
    (i32.const 0))

  (func (export "fd_advise") (param $fd i32) (param i64 i64) (param $advice i32) (result i32) (local $error i32)
    (local.set $error (call $refuse (local.get $fd) (i32.const 70) (i32.const 0) (i32.const 8)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (i32.gt_u (local.get $advice) (i32.const 5)) (then (return (i32.const 28))))
    (i32.const 0))

  ;; Files cannot be written, streams have no position, no size and no times.
  (func (export "fd_pwrite") (param i32 i32 i32 i64 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 70) (i32.const 8) (i32.const 8)))
  (func (export "fd_allocate") (param i32 i64 i64) (result i32)
    (call $refuse (local.get 0) (i32.const 70) (i32.const 69) (i32.const 8)))
  (func (export "fd_datasync") (param i32) (result i32)
    (call $refuse (local.get 0) (i32.const 28) (i32.const 0) (i32.const 0)))
  (func (export "fd_sync") (param i32) (result i32)
    (call $refuse (local.get 0) (i32.const 28) (i32.const 0) (i32.const 0)))
  (func (export "fd_filestat_set_size") (param i32 i64) (result i32)
    (call $refuse (local.get 0) (i32.const 28) (i32.const 69) (i32.const 8)))
  (func (export "fd_filestat_set_times") (param i32 i64 i64 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 58) (i32.const 69) (i32.const 69)))

  ;; The one directory that a run starts with, if it has files, is "/".
  (func $preopened (param $fd i32) (result i32) (local $entry i32)
    (local.set $entry (call $entry (local.get $fd)))
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 0))))
    (call $load32 (i32.add (local.get $entry) (i32.const 28))))
  (func (export "fd_prestat_get") (param $fd i32) (param $result i32) (result i32)
    (if (i32.eqz (call $preopened (local.get $fd))) (then (return (i32.const 8))))
    (if (call $outside (local.get $result) (i64.const 8)) (then (return (i32.const 21))))
    (i32.store (local.get $result) (i32.const 0))                 ;; a directory
    (i32.store offset=4 (local.get $result) (i32.const 1))
    (i32.const 0))
  (func (export "fd_prestat_dir_name") (param $fd i32) (param $path i32) (param $bytes i32) (result i32)
    (if (i32.eqz (call $preopened (local.get $fd))) (then (return (i32.const 8))))
    (if (call $outside (local.get $path) (i64.extend_i32_u (local.get $bytes))) (then (return (i32.const 21))))
    (if (i32.eqz (local.get $bytes)) (then (return (i32.const 37))))
    (i32.store8 (local.get $path) (i32.const 0x2f))
    (i32.const 0))

  ;; 0 when $fd is a directory with $right and the path lies in the guest's memory.
  (func $check_path (param $fd i32) (param $right i32) (param $path i32) (param $bytes i32) (result i32)
    (local $entry i32)
    (local.set $entry (call $entry (local.get $fd)))
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 8))))
    (if (i32.ne (call $load32 (local.get $entry)) (i32.const 5)) (then (return (i32.const 54))))
    (if (i32.eqz (call $has_right (local.get $entry) (local.get $right))) (then (return (i32.const 76))))
    (if (call $outside (local.get $path) (i64.extend_i32_u (local.get $bytes))) (then (return (i32.const 21))))
    (select (i32.const 37) (i32.const 0) (i32.gt_u (local.get $bytes) (i32.const 4096))))

  ;; Below 0 when the node's name comes before the $bytes at $name, 0 when they are equal.
  (func $compare (param $node i32) (param $name i32) (param $bytes i32) (result i32)
    (local $at i32) (local $length i32) (local $i i32) (local $difference i32)
    (local.set $at (call $load32 (local.get $node)))
    (local.set $length (call $load32 (i32.add (local.get $node) (i32.const 4))))
    (loop $next
      (if (i32.or
            (i32.ge_u (local.get $i) (local.get $length))
            (i32.ge_u (local.get $i) (local.get $bytes)))
        (then (return (i32.sub (local.get $length) (local.get $bytes)))))
      (local.set $difference
        (i32.sub
          (call $load8 (i32.add (local.get $at) (local.get $i)))
          (i32.load8_u (i32.add (local.get $name) (local.get $i)))))
      (if (local.get $difference) (then (return (local.get $difference))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; The node of this name in a directory, whose nodes are sorted; 0 when there is none.
  (func $child (param $directory i32) (param $name i32) (param $bytes i32) (result i32)
    (local $first i32) (local $low i32) (local $high i32) (local $middle i32) (local $node i32) (local $order i32)
    (local.set $first (call $load32 (i32.add (local.get $directory) (i32.const 16))))
    (local.set $high (call $load32 (i32.add (local.get $directory) (i32.const 20))))
    (loop $next
      (if (i32.ge_u (local.get $low) (local.get $high)) (then (return (i32.const 0))))
      (local.set $middle (i32.shr_u (i32.add (local.get $low) (local.get $high)) (i32.const 1)))
      (local.set $node (i32.add (local.get $first) (i32.shl (local.get $middle) (i32.const 5))))
      (local.set $order (call $compare (local.get $node) (local.get $name) (local.get $bytes)))
      (if (i32.eqz (local.get $order)) (then (return (local.get $node))))
      (if (i32.lt_s (local.get $order) (i32.const 0))
        (then (local.set $low (i32.add (local.get $middle) (i32.const 1))))
        (else (local.set $high (local.get $middle))))
      (br $next))
    (unreachable))

  ;; Bytes of the path's first name; -1 when it has a NUL.
  (func $name_bytes (param $path i32) (param $bytes i32) (result i32) (local $length i32) (local $character i32)
    (block $ended
      (loop $next
        (br_if $ended (i32.ge_u (local.get $length) (local.get $bytes)))
        (local.set $character (i32.load8_u (i32.add (local.get $path) (local.get $length))))
        (br_if $ended (i32.eq (local.get $character) (i32.const 0x2f)))
        (if (i32.eqz (local.get $character)) (then (return (i32.const -1))))
        (local.set $length (i32.add (local.get $length) (i32.const 1)))
        (br $next)))
    (local.get $length))

  ;; The node of a path that starts in $fd, a directory; else an error, below 128: 127 when only the last name is missing,
  ;; 63 for a path that leaves the directory.
  (func $find (param $fd i32) (param $path i32) (param $bytes i32) (result i32)
    (local $node i32) (local $length i32) (local $depth i32)
    (local.set $node (call $load32 (i32.add (call $entry (local.get $fd)) (i32.const 4))))
    (if (i32.eqz (local.get $bytes)) (then (return (i32.const 44))))
    (if (i32.eq (i32.load8_u (local.get $path)) (i32.const 0x2f)) (then (return (i32.const 63))))
    (loop $next
      (block $named
        (loop $slash
          (br_if $named (i32.eqz (local.get $bytes)))
          (br_if $named (i32.ne (i32.load8_u (local.get $path)) (i32.const 0x2f)))
          ;; What has a slash behind it must be a directory.
          (if (i32.ne (call $load32 (i32.add (local.get $node) (i32.const 8))) (i32.const 3))
            (then (return (i32.const 54))))
          (local.set $path (i32.add (local.get $path) (i32.const 1)))
          (local.set $bytes (i32.sub (local.get $bytes) (i32.const 1)))
          (br $slash)))
      (if (i32.eqz (local.get $bytes)) (then (return (local.get $node))))
      (local.set $length (call $name_bytes (local.get $path) (local.get $bytes)))
      (if (i32.lt_s (local.get $length) (i32.const 0)) (then (return (i32.const 28))))
      (if (i32.gt_u (local.get $length) (i32.const 255)) (then (return (i32.const 37))))
      (block $moved
        (if (i32.eq (i32.load8_u (local.get $path)) (i32.const 0x2e))
          (then
            (br_if $moved (i32.eq (local.get $length) (i32.const 1)))
            (if (i32.and
                  (i32.eq (local.get $length) (i32.const 2))
                  (i32.eq
                    (i32.load8_u (i32.add (local.get $path) (i32.sub (local.get $length) (i32.const 1))))
                    (i32.const 0x2e)))
              (then
                (if (i32.eqz (local.get $depth)) (then (return (i32.const 63))))
                (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
                (local.set $node (call $load32 (i32.add (local.get $node) (i32.const 12))))
                (br $moved)))))
        (local.set $node (call $child (local.get $node) (local.get $path) (local.get $length)))
        ;; One byte more can only be a slash.
        (if (i32.eqz (local.get $node))
          (then
            (return
              (select
                (i32.const 127)
                (i32.const 44)
                (i32.le_u (i32.sub (local.get $bytes) (local.get $length)) (i32.const 1))))))
        (local.set $depth (i32.add (local.get $depth) (i32.const 1))))
      (local.set $path (i32.add (local.get $path) (local.get $length)))
      (local.set $bytes (i32.sub (local.get $bytes) (local.get $length)))
      (br $next))
    (unreachable))

  ;; 0 when the path names something, else why it does not.
  (func $check_found (param $fd i32) (param $right i32) (param $path i32) (param $bytes i32) (result i32)
    (local $error i32) (local $found i32)
    (local.set $error (call $check_path (local.get $fd) (local.get $right) (local.get $path) (local.get $bytes)))
    (if (local.get $error) (then (return (local.get $error))))
    (local.set $found (call $find (local.get $fd) (local.get $path) (local.get $bytes)))
    (if (i32.eq (local.get $found) (i32.const 127)) (then (return (i32.const 44))))
    (select (local.get $found) (i32.const 0) (i32.lt_u (local.get $found) (i32.const 128))))

  ;; Why nothing can be made at a path: 69, unless something is wrong with the path or something is there (20).
  (func $refuse_new (param $fd i32) (param $right i32) (param $path i32) (param $bytes i32) (result i32)
    (local $error i32) (local $found i32)
    (local.set $error (call $check_path (local.get $fd) (local.get $right) (local.get $path) (local.get $bytes)))
    (if (local.get $error) (then (return (local.get $error))))
    (local.set $found (call $find (local.get $fd) (local.get $path) (local.get $bytes)))
    (if (i32.eq (local.get $found) (i32.const 127)) (then (return (i32.const 69))))
    (select (local.get $found) (i32.const 20) (i32.lt_u (local.get $found) (i32.const 128))))

  ;; Why what a path names cannot be changed: 69, unless something is wrong with the path.
  (func $refuse_change (param $fd i32) (param $right i32) (param $path i32) (param $bytes i32) (result i32)
    (local $error i32)
    (local.set $error (call $check_found (local.get $fd) (local.get $right) (local.get $path) (local.get $bytes)))
    (select (local.get $error) (i32.const 69) (local.get $error)))

  ;; The first descriptor that is not open; 96 when all are.
  (func $free_descriptor (result i32) (local $fd i32)
    (block $found
      (loop $next
        (br_if $found (i32.eq (local.get $fd) (i32.const 96)))
        (br_if $found (i32.eqz (call $entry (local.get $fd))))
        (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
        (br $next)))
    (local.get $fd))

  ;; How to open: create (1), directory (2), exclusive (4), truncate (8). 0, or why this cannot be opened so.
  (func $check_open (param $node i32) (param $how i32) (param $writes i32) (result i32)
    (if (i32.eq (i32.and (local.get $how) (i32.const 5)) (i32.const 5)) (then (return (i32.const 20))))
    (if (i32.eq (call $load32 (i32.add (local.get $node) (i32.const 8))) (i32.const 3))
      (then
        (if (i32.and (local.get $how) (i32.const 8)) (then (return (i32.const 31))))
        (if (i32.and
              (i32.eqz (i32.and (local.get $how) (i32.const 2)))
              (i32.ne (i32.or (local.get $writes) (i32.and (local.get $how) (i32.const 1))) (i32.const 0)))
          (then (return (i32.const 31)))))
      (else
        (if (i32.and (local.get $how) (i32.const 2)) (then (return (i32.const 54))))
        (if (i32.or (local.get $writes) (i32.and (local.get $how) (i32.const 8))) (then (return (i32.const 69))))))
    (i32.const 0))

  ;; The rights of what is opened are those asked for, as far as a directory, or a file that is only read, can have them.
  (func (export "path_open")
    (param $fd i32) (param $lookup i32) (param $path i32) (param $bytes i32) (param $how i32) (param $rights i64)
    (param $inheriting i64) (param $flags i32) (param $result i32) (result i32)
    (local $error i32) (local $entry i32) (local $node i32) (local $opened i32) (local $directory i32)
    (local.set $error
      (call $check_path (local.get $fd) (i32.const 0x2000) (local.get $path) (local.get $bytes)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (call $outside (local.get $result) (i64.const 4)) (then (return (i32.const 21))))
    (if (i32.or
          (i32.or (i32.gt_u (local.get $lookup) (i32.const 1)) (i32.gt_u (local.get $how) (i32.const 15)))
          (i32.gt_u (local.get $flags) (i32.const 31)))
      (then (return (i32.const 28))))
    (local.set $entry (call $entry (local.get $fd)))
    (if (call $exceeds
          (i64.and (i64.or (local.get $rights) (local.get $inheriting)) (i64.const 0x3fffffff))
          (i32.add (local.get $entry) (i32.const 20)))
      (then (return (i32.const 76))))
    (local.set $node (call $find (local.get $fd) (local.get $path) (local.get $bytes)))
    (if (i32.eq (local.get $node) (i32.const 127))
      (then (return (select (i32.const 69) (i32.const 44) (i32.and (local.get $how) (i32.const 1))))))
    (if (i32.lt_u (local.get $node) (i32.const 128)) (then (return (local.get $node))))
    (local.set $error
      (call $check_open
        (local.get $node)
        (local.get $how)
        (i32.and (i32.wrap_i64 (local.get $rights)) (i32.const 64))))
    (if (local.get $error) (then (return (local.get $error))))
    (local.set $opened (call $free_descriptor))
    (if (i32.eq (local.get $opened) (i32.const 96)) (then (return (i32.const 33))))
    (local.set $entry (i32.add (i32.const 5120) (i32.shl (local.get $opened) (i32.const 5))))
    (local.set $directory
      (i32.eq (call $load32 (i32.add (local.get $node) (i32.const 8))) (i32.const 3)))
    (call $store32 (local.get $entry) (i32.add (i32.const 4) (local.get $directory)))
    (call $store32 (i32.add (local.get $entry) (i32.const 4)) (local.get $node))
    (call $store64 (i32.add (local.get $entry) (i32.const 8)) (i64.const 0))
    (call $store32
      (i32.add (local.get $entry) (i32.const 16))
      (i32.and
        (i32.wrap_i64 (local.get $rights))
        (select (i32.const 0x0fbffe98) (i32.const 0x08a000bf) (local.get $directory))))
    (call $store32
      (i32.add (local.get $entry) (i32.const 20))
      (select
        (i32.and (i32.wrap_i64 (local.get $inheriting)) (i32.const 0x3fffffff))
        (i32.const 0)
        (local.get $directory)))
    (call $store32 (i32.add (local.get $entry) (i32.const 24)) (local.get $flags))
    (call $store32 (i32.add (local.get $entry) (i32.const 28)) (i32.const 0))
    (i32.store (local.get $result) (local.get $opened))
    (i32.const 0))

  (func (export "path_filestat_get")
    (param $fd i32) (param $lookup i32) (param $path i32) (param $bytes i32) (param $result i32) (result i32)
    (local $error i32)
    (local.set $error
      (call $check_path (local.get $fd) (i32.const 0x40000) (local.get $path) (local.get $bytes)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (call $outside (local.get $result) (i64.const 64)) (then (return (i32.const 21))))
    (if (i32.gt_u (local.get $lookup) (i32.const 1)) (then (return (i32.const 28))))
    (local.set $error
      (call $check_found (local.get $fd) (i32.const 0x40000) (local.get $path) (local.get $bytes)))
    (if (local.get $error) (then (return (local.get $error))))
    (call $store_filestat
      (local.get $result)
      (call $find (local.get $fd) (local.get $path) (local.get $bytes)))
    (i32.const 0))

  ;; Cookies: 0 is the directory itself, 1 its parent, then its nodes. The last entry is cut when it does not fit.
  (func (export "fd_readdir")
    (param $fd i32) (param $to i32) (param $bytes i32) (param $cookie i64) (param $result i32) (result i32)
    (local $entry i32) (local $directory i32) (local $count i64) (local $node i32) (local $name i32)
    (local $length i32) (local $used i32) (local $part i32)
    (local.set $entry (call $entry (local.get $fd)))
    (if (i32.eqz (local.get $entry)) (then (return (i32.const 8))))
    (if (i32.ne (call $load32 (local.get $entry)) (i32.const 5)) (then (return (i32.const 54))))
    (if (i32.eqz (call $has_right (local.get $entry) (i32.const 0x4000))) (then (return (i32.const 76))))
    (if (i32.or
          (call $outside (local.get $to) (i64.extend_i32_u (local.get $bytes)))
          (call $outside (local.get $result) (i64.const 4)))
      (then (return (i32.const 21))))
    (local.set $directory (call $load32 (i32.add (local.get $entry) (i32.const 4))))
    (local.set $count
      (i64.add
        (i64.extend_i32_u (call $load32 (i32.add (local.get $directory) (i32.const 20))))
        (i64.const 2)))
    (block $done
      (loop $next
        (br_if $done
          (i32.or
            (i64.ge_u (local.get $cookie) (local.get $count))
            (i32.eq (local.get $used) (local.get $bytes))))
        (if (i64.lt_u (local.get $cookie) (i64.const 2))
          (then
            (local.set $node
              (select
                (call $load32 (i32.add (local.get $directory) (i32.const 12)))
                (local.get $directory)
                (i32.wrap_i64 (local.get $cookie))))
            (call $store32 (i32.const 280) (i32.const 0x2e2e))
            (local.set $name (i32.const 280))
            (local.set $length (i32.add (i32.wrap_i64 (local.get $cookie)) (i32.const 1))))
          (else
            (local.set $node
              (i32.add
                (call $load32 (i32.add (local.get $directory) (i32.const 16)))
                (i32.shl (i32.sub (i32.wrap_i64 (local.get $cookie)) (i32.const 2)) (i32.const 5))))
            (local.set $name (call $load32 (local.get $node)))
            (local.set $length (call $load32 (i32.add (local.get $node) (i32.const 4))))))
        (local.set $cookie (i64.add (local.get $cookie) (i64.const 1)))
        (call $store64 (i32.const 256) (local.get $cookie))
        (call $store64
          (i32.const 264)
          (i64.extend_i32_u (call $load32 (i32.add (local.get $node) (i32.const 24)))))
        (call $store32 (i32.const 272) (local.get $length))
        (call $store32 (i32.const 276) (call $load32 (i32.add (local.get $node) (i32.const 8))))
        (local.set $part
          (call $smaller (i32.const 24) (i32.sub (local.get $bytes) (local.get $used))))
        (call $to_guest (i32.add (local.get $to) (local.get $used)) (i32.const 256) (local.get $part))
        (local.set $used (i32.add (local.get $used) (local.get $part)))
        (local.set $part
          (call $smaller (local.get $length) (i32.sub (local.get $bytes) (local.get $used))))
        (call $to_guest (i32.add (local.get $to) (local.get $used)) (local.get $name) (local.get $part))
        (local.set $used (i32.add (local.get $used) (local.get $part)))
        (br $next)))
    (i32.store (local.get $result) (local.get $used))
    (i32.const 0))

  (func $smaller (param $a i32) (param $b i32) (result i32)
    (select (local.get $a) (local.get $b) (i32.lt_u (local.get $a) (local.get $b))))

  ;; There are no symbolic links.
  (func (export "path_readlink") (param i32 i32 i32 i32 i32 i32) (result i32) (local $error i32)
    (local.set $error (call $check_path (local.get 0) (i32.const 0x8000) (local.get 1) (local.get 2)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (i32.or
          (call $outside (local.get 3) (i64.extend_i32_u (local.get 4)))
          (call $outside (local.get 5) (i64.const 4)))
      (then (return (i32.const 21))))
    (local.set $error (call $check_found (local.get 0) (i32.const 0x8000) (local.get 1) (local.get 2)))
    (select (local.get $error) (i32.const 28) (local.get $error)))

  ;; Nothing can be changed.
  (func (export "path_create_directory") (param i32 i32 i32) (result i32)
    (call $refuse_new (local.get 0) (i32.const 0x200) (local.get 1) (local.get 2)))
  (func (export "path_filestat_set_times") (param i32 i32 i32 i32 i64 i64 i32) (result i32)
    (call $refuse_change (local.get 0) (i32.const 0x100000) (local.get 2) (local.get 3)))
  (func (export "path_remove_directory") (param i32 i32 i32) (result i32)
    (call $refuse_change (local.get 0) (i32.const 0x2000000) (local.get 1) (local.get 2)))
  (func (export "path_unlink_file") (param i32 i32 i32) (result i32)
    (call $refuse_change (local.get 0) (i32.const 0x4000000) (local.get 1) (local.get 2)))
  ;; Old descriptor, flags, old path, new descriptor, new path.
  (func (export "path_link") (param i32 i32 i32 i32 i32 i32 i32) (result i32) (local $error i32)
    (local.set $error (call $check_found (local.get 0) (i32.const 0x800) (local.get 2) (local.get 3)))
    (if (local.get $error) (then (return (local.get $error))))
    (call $refuse_new (local.get 4) (i32.const 0x1000) (local.get 5) (local.get 6)))
  ;; Old descriptor, old path, new descriptor, new path. What is at the new one would be replaced.
  (func (export "path_rename") (param i32 i32 i32 i32 i32 i32) (result i32) (local $error i32)
    (local.set $error (call $check_found (local.get 0) (i32.const 0x10000) (local.get 1) (local.get 2)))
    (if (local.get $error) (then (return (local.get $error))))
    (local.set $error (call $refuse_new (local.get 3) (i32.const 0x20000) (local.get 4) (local.get 5)))
    (select (i32.const 69) (local.get $error) (i32.eq (local.get $error) (i32.const 20))))
  ;; What the link says, the new descriptor, the new path.
  (func (export "path_symlink") (param i32 i32 i32 i32 i32) (result i32) (local $error i32)
    (local.set $error (call $check_path (local.get 2) (i32.const 0x1000000) (local.get 3) (local.get 4)))
    (if (local.get $error) (then (return (local.get $error))))
    (if (call $outside (local.get 0) (i64.extend_i32_u (local.get 1))) (then (return (i32.const 21))))
    (call $refuse_new (local.get 2) (i32.const 0x1000000) (local.get 3) (local.get 4)))

  ;; There are no sockets.
  (func (export "sock_accept") (param i32 i32 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 57) (i32.const 57) (i32.const 57)))
  (func (export "sock_recv") (param i32 i32 i32 i32 i32 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 57) (i32.const 57) (i32.const 57)))
  (func (export "sock_send") (param i32 i32 i32 i32 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 57) (i32.const 57) (i32.const 57)))
  (func (export "sock_shutdown") (param i32 i32) (result i32)
    (call $refuse (local.get 0) (i32.const 57) (i32.const 57) (i32.const 57)))
)
