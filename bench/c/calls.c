/*
 * Cost of one call in nanoseconds, with whatever is attached to it: calls KIND COUNT.
 * KIND: getppid (a system call), function (`probed`, which begins with endbr64), mark (a place of <sys/sdt.h>).
 * With a third argument, a number of milliseconds: calls for that long, at most at the rate of the fourth, and prints
 * the number of calls to standard error.
 * Prints the least of 15 batches: what interrupts a batch makes it longer, never shorter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 15

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

__attribute__((noinline)) long probed(long value)
{
    __asm__ volatile("");
    return value + 1;
}

/* One place `bench:hit` with one argument, as the assembler macros of <sys/sdt.h> describe it. */
__attribute__((noinline)) static void mark(long value)
{
    __asm__ volatile("990: nop\n"
                     ".pushsection .note.stapsdt,\"\",\"note\"\n"
                     ".balign 4\n"
                     ".4byte 992f-991f, 994f-993f, 3\n"
                     "991: .asciz \"stapsdt\"\n"
                     "992: .balign 4\n"
                     "993: .8byte 990b\n"
                     ".8byte _.stapsdt.base\n"
                     ".8byte 0\n"
                     ".asciz \"bench\"\n"
                     ".asciz \"hit\"\n"
                     ".asciz \"-8@%0\"\n"
                     "994: .balign 4\n"
                     ".popsection\n"
                     ".ifndef _.stapsdt.base\n"
                     ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
                     ".weak _.stapsdt.base\n"
                     ".hidden _.stapsdt.base\n"
                     "_.stapsdt.base: .space 1\n"
                     ".size _.stapsdt.base, 1\n"
                     ".popsection\n"
                     ".endif\n"
                     :
                     : "r"(value));
}

static void call(int kind, long value)
{
    if (kind == 'g')
        syscall(SYS_getppid);
    else if (kind == 'f')
        probed(value);
    else
        mark(value);
}

static void call_for(int kind, long milliseconds, long per_second)
{
    double begun = now_ns(), until = begun + milliseconds * 1e6;
    long calls = 0;
    for (double now = begun; now < until; now = now_ns()) {
        if (per_second > 0 && calls > (now - begun) * per_second / 1e9)
            continue;
        for (int i = 0; i < 32; i++, calls++)
            call(kind, calls);
    }
    fprintf(stderr, "%ld\n", calls);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s getppid|function|mark COUNT [MILLISECONDS [PER_SECOND]]\n", argv[0]);
        return 2;
    }
    if (argc > 3) {
        call_for(argv[1][0], atol(argv[3]), argc > 4 ? atol(argv[4]) : 0);
        return 0;
    }
    long count = atol(argv[2]);
    double least = 1e18;
    for (int batch = 0; batch < BATCHES; batch++) {
        double begun = now_ns();
        for (long i = 0; i < count; i++)
            call(argv[1][0], i);
        double each = (now_ns() - begun) / count;
        if (each < least)
            least = each;
    }
    printf("%.2f\n", least);
    return 0;
}
