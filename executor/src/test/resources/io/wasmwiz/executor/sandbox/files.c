// Says what a C program sees of the files that came with its request. Built with:
//   clang --target=wasm32-wasi -O2 -s -o files.wasm files.c
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *reason(int failed) {
  if (!failed) return "nothing";
  switch (errno) {
    case EROFS: return "EROFS";
    case ENOENT: return "ENOENT";
    case ENOTDIR: return "ENOTDIR";
    case EISDIR: return "EISDIR";
    case EBADF: return "EBADF";
    default: return strerror(errno);
  }
}

static void list(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) abort();
  printf("%s%s", path, strcmp(path, "/") ? ":" : "");
  for (struct dirent *entry; (entry = readdir(directory));)
    if (entry->d_name[0] != '.') printf(" %s", entry->d_name);
  printf("\n");
  closedir(directory);
}

int main(void) {
  char text[100];
  FILE *words = fopen("/words.txt", "r");
  if (!words || !fgets(text, sizeof text, words)) abort();
  printf("words.txt: %s", text);
  struct stat status;
  if (stat("words.txt", &status)) abort();
  printf("size %lld, %s\n", (long long)status.st_size, S_ISREG(status.st_mode) ? "file" : "other");
  if (fseek(words, 4, SEEK_SET) || fscanf(words, "%99s", text) != 1) abort();
  printf("at 4: %s\n", text);
  if (fseek(words, -6, SEEK_END) || fscanf(words, "%99s", text) != 1) abort();
  printf("from the end: %s\n", text);
  rewind(words);
  if (fscanf(words, "%99s", text) != 1) abort();
  printf("before: %s\n", text);
  if (fseek(words, 1000, SEEK_SET)) abort();
  printf("past the end: %zu bytes, ", fread(text, 1, sizeof text, words));
  printf("%s\n", feof(words) ? "end" : "no end");
  fclose(words);

  int fd = open("words.txt", O_RDONLY);
  memset(text, 0, sizeof text);
  if (fd < 0 || read(fd, text, 2) != 2 || pread(fd, text, 3, 4) != 3) abort();
  printf("pread at 4: %.3s, still at %lld\n", text, (long long)lseek(fd, 0, SEEK_CUR));

  if (stat("/a", &status)) abort();
  printf("a: %s\n", S_ISDIR(status.st_mode) ? "directory" : "other");
  list("/");
  list("a");

  DIR *many = opendir("many");
  if (!many) abort();
  int files = 0, sorted = 1;
  long bytes = 0, second = 0;
  char last[100] = "", third[100] = "";
  for (struct dirent *entry; (entry = readdir(many));) {
    if (entry->d_name[0] == '.') continue;
    if (files == 2) strcpy(third, entry->d_name);
    sorted &= strcmp(last, entry->d_name) < 0;
    strcpy(last, entry->d_name);
    snprintf(text, sizeof text, "many/%s", entry->d_name);
    if (stat(text, &status)) abort();
    bytes += status.st_size;
    if (++files == 2) second = telldir(many);
  }
  printf("many: %d files, %s, %ld bytes\n", files, sorted ? "in order" : "in disorder", bytes);
  seekdir(many, second);
  struct dirent *again = readdir(many);
  printf("again after 2: %s\n", again && !strcmp(again->d_name, third) ? "same" : "other");
  closedir(many);

  printf("write: %s\n", reason(open("words.txt", O_RDWR) < 0));
  printf("create: %s\n", reason(open("new.txt", O_WRONLY | O_CREAT, 0666) < 0));
  printf("mkdir: %s\n", reason(mkdir("new", 0777)));
  printf("unlink: %s\n", reason(unlink("words.txt")));
  printf("rename: %s\n", reason(rename("words.txt", "new.txt")));
  printf("rmdir: %s\n", reason(rmdir("a")));
  printf("missing: %s\n", reason(open("missing", O_RDONLY) < 0));
  printf("through a file: %s\n", reason(open("words.txt/x", O_RDONLY) < 0));
  printf("a directory to write: %s\n", reason(open("a", O_RDWR) < 0));
  printf("write to what is only read: %s\n", reason(write(fd, "x", 1) < 0));
  close(fd);
  int opened = 0;
  while (open("words.txt", O_RDONLY) >= 0) opened++;
  printf("descriptors: %d\n", opened);
  return 0;
}
