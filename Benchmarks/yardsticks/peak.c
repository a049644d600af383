// Yardstick: the rate of fused multiply-adds that one core reaches when nothing holds it up.
//   cc -O3 -march=native peak.c -o peak && ./peak     prints: billions of floating-point operations a second
#include <stdio.h>
#include <time.h>
#if defined(__AVX512F__)
#define W 8
#elif defined(__AVX__)
#define W 4
#else
#define W 2
#endif
typedef double v __attribute__((vector_size(8 * W)));
int main(void) {
  double best = 0;
  v x[12], a, b;
  for (int l = 0; l < W; l++) { a[l] = 0.999999; b[l] = 1e-9; for (int k = 0; k < 12; k++) x[k][l] = k; }
  for (int trial = 0; trial < 5; trial++) {
    const long turns = 20000000;
    struct timespec s, e;
    clock_gettime(CLOCK_MONOTONIC, &s);
    // Twelve independent chains cover the latency of two FMA units.
    for (long i = 0; i < turns; i++) {
      x[0] = x[0] * a + b; x[1] = x[1] * a + b; x[2] = x[2] * a + b; x[3] = x[3] * a + b;
      x[4] = x[4] * a + b; x[5] = x[5] * a + b; x[6] = x[6] * a + b; x[7] = x[7] * a + b;
      x[8] = x[8] * a + b; x[9] = x[9] * a + b; x[10] = x[10] * a + b; x[11] = x[11] * a + b;
    }
    clock_gettime(CLOCK_MONOTONIC, &e);
    double seconds = e.tv_sec - s.tv_sec + 1e-9 * (e.tv_nsec - s.tv_nsec);
    double rate = 24.0 * W * turns / seconds * 1e-9;
    if (rate > best) best = rate;
  }
  double sum = 0;
  for (int k = 0; k < 12; k++) for (int l = 0; l < W; l++) sum += x[k][l];
  printf("%.3f\n", sum == 12345 ? 0 : best);
}
