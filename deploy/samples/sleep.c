// Sleeps for as many seconds as its argument says (0 to 3600, by default 1), using no processor time.
#include <time.h>
#include <unistd.h>

#define USAGE_ERROR 64
#define LONGEST_SECONDS 3600

static const char usage[] = "usage: sleep [SECONDS], 0 to 3600\n";

static int parse_seconds(const char *text) {
    int seconds = 0;
    if (*text == '\0') {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || (seconds = seconds * 10 + (*text - '0')) > LONGEST_SECONDS) {
            return -1;
        }
    }
    return seconds;
}

int main(int argc, char **argv) {
    int seconds = argc < 2 ? 1 : parse_seconds(argv[1]);
    if (argc > 2 || seconds < 0) {
        write(STDERR_FILENO, usage, sizeof usage - 1);
        return USAGE_ERROR;
    }
    struct timespec left = {.tv_sec = seconds};
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &left, NULL) == 0 ? 0 : 1;
}
