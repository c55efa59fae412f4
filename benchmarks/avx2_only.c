/* Loaded before a program (LD_PRELOAD), takes AVX-512, VNNI in every form, and AMX away from what
 * the processor says of itself, so that libraries choose the kernels that they have for AVX2.
 *
 * Linux lets the CPUID instruction fault in a thread and in those it starts (arch_prctl(2),
 * ARCH_SET_CPUID; Intel's "CPUID faulting"). The fault is answered here with the processor's own
 * words, less those bits. The numbers are those of Intel's Software Developer's Manual, volume 2,
 * CPUID, leaf 7.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_SET_CPUID 0x1012
#define BIT(n) (UINT32_C(1) << (n))

/* AVX512: F DQ IFMA PF ER CD BW VL */
static const uint32_t LEAF_7_EBX = BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31);
/* AVX512: VBMI VBMI2 VNNI BITALG VPOPCNTDQ */
static const uint32_t LEAF_7_ECX = BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14);
/* AVX512: 4VNNIW 4FMAPS VP2INTERSECT; AMX-BF16; AVX512-FP16; AMX-TILE; AMX-INT8 */
static const uint32_t LEAF_7_EDX = BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25);
/* AVX-VNNI; AVX512-BF16; AMX-FP16; AVX-IFMA */
static const uint32_t LEAF_7_1_EAX = BIT(4) | BIT(5) | BIT(21) | BIT(23);
/* AVX-VNNI-INT8; AVX-NE-CONVERT; AVX-VNNI-INT16; AVX10 */
static const uint32_t LEAF_7_1_EDX = BIT(4) | BIT(5) | BIT(10) | BIT(19);

static long let_cpuid(unsigned long run) { return syscall(SYS_arch_prctl, ARCH_SET_CPUID, run); }

static void answer(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint8_t *at = (const uint8_t *)registers[REG_RIP];
    uint32_t leaf = registers[REG_RAX], part = registers[REG_RCX], a, b, c, d;

    /* Any other fault comes again when this returns, and ends the program as it should. */
    if (info->si_code != SI_KERNEL || at[0] != 0x0f || at[1] != 0xa2) {
        signal(number, SIG_DFL);
        return;
    }
    let_cpuid(1);
    __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(leaf), "c"(part));
    let_cpuid(0);
    if (leaf == 7 && part == 0) {
        b &= ~LEAF_7_EBX;
        c &= ~LEAF_7_ECX;
        d &= ~LEAF_7_EDX;
    }
    if (leaf == 7 && part == 1) {
        a &= ~LEAF_7_1_EAX;
        d &= ~LEAF_7_1_EDX;
    }
    registers[REG_RAX] = a;
    registers[REG_RBX] = b;
    registers[REG_RCX] = c;
    registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void begin(void)
{
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};

    if (sigaction(SIGSEGV, &action, NULL) || let_cpuid(0)) {
        perror("CPUID cannot be answered here");
        exit(2);
    }
}
