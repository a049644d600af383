// Yardstick: adaptive Tsit5 written by hand for W members in a vector, with step control per lane.
// What an emitter should reach; never linked into Flowmap.
//
//   cc -O3 -march=native -ffp-contract=fast -DW=8 -DMODEL_lorenz lanes.c -o lanes -lmvec -lm
//   ./lanes MEMBERS TOLERANCE     prints: microseconds a member, lane steps a member, mean of the first state
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifndef W
#define W 8
#endif
typedef double v __attribute__((vector_size(8 * W)));
typedef long long m __attribute__((vector_size(8 * W)));
static inline v bc(double x) { v r; for (int i = 0; i < W; i++) r[i] = x; return r; }
static inline v sel(m c, v a, v b) { return (v)(((m)a & c) | ((m)b & ~c)); }
static inline v vmax(v a, v b) { return sel(a > b, a, b); }
static inline v vmin(v a, v b) { return sel(a < b, a, b); }
static inline v vabs(v a) { m k; for (int i = 0; i < W; i++) k[i] = 0x7fffffffffffffffLL; return (v)((m)a & k); }
static inline int any(m c) { long long r = 0; for (int i = 0; i < W; i++) r |= c[i]; return r != 0; }
// glibc's libmvec: eight lanes of AVX-512, four of AVX2, two of any x86.
#if defined(__x86_64__) && (W == 8 && defined(__AVX512F__) || W == 4 && defined(__AVX2__) || W == 2)
#if W == 8
#define vpow _ZGVeN8vv_pow
#define vsin _ZGVeN8v_sin
#elif W == 4
#define vpow _ZGVdN4vv_pow
#define vsin _ZGVdN4v_sin
#else
#define vpow _ZGVbN2vv_pow
#define vsin _ZGVbN2v_sin
#endif
v vpow(v, v);
v vsin(v);
#else
static inline v vpow(v a, v b) { v r; for (int i = 0; i < W; i++) r[i] = pow(a[i], b[i]); return r; }
static inline v vsin(v a) { v r; for (int i = 0; i < W; i++) r[i] = sin(a[i]); return r; }
#endif

#if defined(MODEL_lorenz)
#define N 3
#define UNTIL 1.0
static void start(v *u) { u[0] = bc(1); u[1] = bc(0); u[2] = bc(0); }
static inline void rhs(const v *u, v p, v *du) {
  du[0] = 10 * (u[1] - u[0]); du[1] = u[0] * (p - u[2]) - u[1]; du[2] = u[0] * u[1] - (8.0 / 3) * u[2];
}
#elif defined(MODEL_pendulum)
#define N 2
#define UNTIL 10.0
static void start(v *u) { u[0] = bc(1); u[1] = bc(0); }
static inline void rhs(const v *u, v p, v *du) { du[0] = u[1]; du[1] = -vsin(u[0]) * (1 + p) - 0.1 * u[1]; }
#else
// Lorenz 1996 with 20 states.
#define N 20
#define UNTIL 1.0
static void start(v *u) { for (int i = 0; i < N; i++) u[i] = bc(sin(i)); }
static inline void rhs(const v *u, v p, v *du) {
  v f = 8 + 0.1 * p;
  for (int i = 0; i < N; i++) du[i] = (u[(i + 1) % N] - u[(i + N - 2) % N]) * u[(i + N - 1) % N] - u[i] + f;
}
#endif

static const double a21 = 0.161, a31 = -0.008480655492356989, a32 = 0.335480655492357, a41 = 2.8971530571054935,
  a42 = -6.359448489975075, a43 = 4.3622954328695815, a51 = 5.325864828439257, a52 = -11.748883564062828,
  a53 = 7.4955393428898365, a54 = -0.09249506636175525, a61 = 5.86145544294642, a62 = -12.92096931784711,
  a63 = 8.159367898576159, a64 = -0.071584973281401, a65 = -0.028269050394068383, a71 = 0.09646076681806523,
  a72 = 0.01, a73 = 0.4798896504144996, a74 = 1.379008574103742, a75 = -3.290069515436081, a76 = 2.324710524099774;
static const double e1 = -0.00178001105222577714, e2 = -0.0008164344596567469, e3 = 0.007880878010261995,
  e4 = -0.1447110071732629, e5 = 0.5823571654525552, e6 = -0.45808210592918697, e7 = 0.015151515151515152;

#define EACH for (int i = 0; i < N; i++)
__attribute__((noinline)) static long solve(v *u, v p, double tolerance) {
  const double T = UNTIL;
  v t = bc(0), h = bc(1e-3), k1[N], k2[N], k3[N], k4[N], k5[N], k6[N], k7[N], y[N], un[N];
  long steps = 0;
  rhs(u, p, k1);
  m active = t < bc(T);
  while (any(active)) {
    h = vmin(h, bc(T) - t);
    EACH y[i] = u[i] + h * (a21 * k1[i]);
    rhs(y, p, k2);
    EACH y[i] = u[i] + h * (a31 * k1[i] + a32 * k2[i]);
    rhs(y, p, k3);
    EACH y[i] = u[i] + h * (a41 * k1[i] + a42 * k2[i] + a43 * k3[i]);
    rhs(y, p, k4);
    EACH y[i] = u[i] + h * (a51 * k1[i] + a52 * k2[i] + a53 * k3[i] + a54 * k4[i]);
    rhs(y, p, k5);
    EACH y[i] = u[i] + h * (a61 * k1[i] + a62 * k2[i] + a63 * k3[i] + a64 * k4[i] + a65 * k5[i]);
    rhs(y, p, k6);
    EACH un[i] = u[i] + h * (a71 * k1[i] + a72 * k2[i] + a73 * k3[i] + a74 * k4[i] + a75 * k5[i] + a76 * k6[i]);
    rhs(un, p, k7);
    v err = bc(0);
    EACH {
      v e = h * (e1 * k1[i] + e2 * k2[i] + e3 * k3[i] + e4 * k4[i] + e5 * k5[i] + e6 * k6[i] + e7 * k7[i]);
      e /= tolerance + tolerance * vmax(vabs(u[i]), vabs(un[i]));
      err += e * e;
    }
    err /= bc(N);
    m accepted = (err <= 1.0) & active;
    v factor = vmin(bc(5.0), vmax(bc(0.2), 0.9 * vpow(vmax(err, bc(1e-10)), bc(-0.1))));
    t = sel(accepted, t + h, t);
    EACH { u[i] = sel(accepted, un[i], u[i]); k1[i] = sel(accepted, k7[i], k1[i]); }
    h = sel(active, h * factor, h);
    active = t < bc(T * (1 - 1e-14));
    steps++;
  }
  return steps;
}

int main(int argc, char **argv) {
  long members = atol(argv[1]), steps = 0;
  double tolerance = atof(argv[2]), sum = 0;
  struct timespec a, b;
  clock_gettime(CLOCK_MONOTONIC, &a);
  for (long i = 0; i < members; i += W) {
    v u[N], p;
    start(u);
    for (int l = 0; l < W; l++) p[l] = 21.0 * (i + l) / members;
    steps += solve(u, p, tolerance);
    for (int l = 0; l < W; l++) sum += u[0][l];
  }
  clock_gettime(CLOCK_MONOTONIC, &b);
  double seconds = b.tv_sec - a.tv_sec + 1e-9 * (b.tv_nsec - a.tv_nsec);
  printf("%.6f %.2f %.12g\n", seconds / members * 1e6, (double)steps * W / members, sum / members);
}
