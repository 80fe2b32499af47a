// Reads text from standard input and reports on it with what C's library has: stdio, malloc, qsort, bsearch, strtod, time, files.
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    char *text;
    uint32_t count;
} word;

static word *words;
static size_t used, room;

static void add(const char *text) {
    for (size_t i = 0; i < used; i++) {
        if (strcmp(words[i].text, text) == 0) {
            words[i].count++;
            return;
        }
    }
    if (used == room) {
        room = room ? room * 2 : 4;
        words = realloc(words, room * sizeof *words);
    }
    char *copy = words ? malloc(strlen(text) + 1) : NULL;
    if (!copy) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    words[used++] = (word){strcpy(copy, text), 1};
}

static int by_count(const void *left, const void *right) {
    const word *a = left, *b = right;
    return a->count != b->count ? (a->count < b->count) - (a->count > b->count) : strcmp(a->text, b->text);
}

static int by_text(const void *left, const void *right) {
    return strcmp(((const word *)left)->text, ((const word *)right)->text);
}

int main(int argc, char **argv) {
    char line[256];
    double sum = 0;
    uint64_t hash = UINT64_C(14695981039346656037);
    while (fgets(line, sizeof line, stdin)) {
        for (char *at = line; *at; at++) {
            hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
        }
        for (char *token = strtok(line, " \t\r\n"); token; token = strtok(NULL, " \t\r\n")) {
            char *end;
            double number = strtod(token, &end);
            if (end != token && *end == 0) {
                sum += number;
                continue;
            }
            for (char *at = token; *at; at++) {
                *at = (char)tolower((unsigned char)*at);
            }
            add(token);
        }
    }
    qsort(words, used, sizeof *words, by_count);
    for (size_t i = 0; i < used && i < 10; i++) {
        printf("%4" PRIu32 " %-12s|\n", words[i].count, words[i].text);
    }
    qsort(words, used, sizeof *words, by_text);
    for (int i = 1; i < argc; i++) {
        word *found = bsearch(&(word){argv[i], 0}, words, used, sizeof *words, by_text);
        printf("%s: %" PRIu32 "\n", argv[i], found ? found->count : 0);
    }
    printf("%zu words, hash %016" PRIx64 ", sum %.6g, root %a\n", used, hash, sum, sqrt(sum));

    FILE *stop = fopen("words/stop.txt", "r");
    if (!stop || fseek(stop, 0, SEEK_END)) {
        perror("words/stop.txt");
        return 2;
    }
    long size = ftell(stop);
    rewind(stop);
    size_t rare = used;
    while (fgets(line, sizeof line, stop)) {
        line[strcspn(line, "\n")] = 0;
        rare -= bsearch(&(word){line, 0}, words, used, sizeof *words, by_text) != NULL;
    }
    fclose(stop);
    printf("%zu without the %ld bytes of stop words\n", rare, size);

    struct tm *day = gmtime(&(time_t){1709210096});
    char text[64];
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ %A %j", day);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("%s, forwards %d, this century %d\n", text,
           after.tv_sec > before.tv_sec || (after.tv_sec == before.tv_sec && after.tv_nsec >= before.tv_nsec),
           time(NULL) > 1700000000);

    FILE *none = fopen("/no/such/file", "r");
    printf("%s\n", none ? "opened" : "not opened");
    fprintf(stderr, "%zu words\n", used);
    for (size_t i = 0; i < used; i++) {
        free(words[i].text);
    }
    free(words);
    return used == 0 ? 3 : 0;
}
