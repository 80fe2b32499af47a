// Text filter: standard input to standard output, ASCII letters in upper case.
#include <unistd.h>

static char buffer[16384];

static int write_all(const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, length);
        if (written < 0) {
            return -1;
        }
        bytes += written;
        length -= (size_t) written;
    }
    return 0;
}

int main(void) {
    ssize_t length;
    while ((length = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < length; i++) {
            if (buffer[i] >= 'a' && buffer[i] <= 'z') {
                buffer[i] -= 'a' - 'A';
            }
        }
        if (write_all(buffer, (size_t) length) < 0) {
            return 1;
        }
    }
    return length < 0;
}
