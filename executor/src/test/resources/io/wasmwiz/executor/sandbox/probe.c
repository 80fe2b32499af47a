// Says what a C program sees of its sandbox. Built with:
//   clang --target=wasm32-wasi -O2 -s -o probe.wasm probe.c
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t)) abort();
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
  for (char **e = environ; *e; e++) printf("variable: %s\n", *e);

  char line[100];
  while (fgets(line, sizeof line, stdin)) printf("line: %s", line);

  unsigned char a[5000], b[5000];
  for (size_t at = 0; at < sizeof a; at += 250) {
    if (getentropy(a + at, 250) || getentropy(b + at, 250)) abort();
  }
  printf("random: %s\n", memcmp(a, b, sizeof a) ? "differs" : "same");

  long long began = now(CLOCK_MONOTONIC);
  struct timespec pause = {0, 12000000};
  nanosleep(&pause, NULL);
  long long slept = now(CLOCK_MONOTONIC) - began;
  printf("slept: %s\n", slept >= 12000000 && slept < 10000000000LL ? "12 ms or more" : "wrong");
  printf("year: %s\n", time(NULL) > 1700000000 ? "after 2023" : "wrong");

  struct stat status;
  printf("terminal: %d, stat: %d, size: %lld\n", isatty(1), fstat(1, &status), (long long)status.st_size);
  printf("seek: %s\n", lseek(1, 0, SEEK_CUR) < 0 && errno == ESPIPE ? "ESPIPE" : "wrong");
  printf("open: %s\n", open("/etc/passwd", O_RDONLY) < 0 ? "fails" : "works");
  fprintf(stderr, "done\n");
  return argc > 1 ? atoi(argv[1]) : 0;
}
