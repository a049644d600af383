import Execution
import Programs

extension Prelude {
  /// Factorisation, solving and eigen-decomposition of one matrix a lane, all in memory.
  ///
  /// Lanes that want different pivots exchange rows by blends; a row that no lane wants is skipped, which changes no lane.
  /// Sizes are constants at each call, so the C compiler unrolls the loops of small matrices.
  static func linearAlgebra(_ precision: Precision) -> String {
    let factored = ["V", "T"].map { solving.replacing("@F", with: $0).replacing("@B", with: $0 == "V" ? "" : "BC") }
    let exchanges = [exchangeByLane, exchangeOfAll]
    let epsilon = precision == .double ? "__DBL_EPSILON__" : "__FLT_EPSILON__"
    return factors + zip(exchanges, factored).map { $0 + $1 }.joined()
      + eigen.replacing("@epsilon", with: epsilon).replacing("@share", with: "\(LinearAlgebra.leadingShare)")
  }

  private static let factors = """
    #define INLINE static inline __attribute__((always_inline))
    INLINE void EXCHANGE(V *a, V *b, const int n, M lanes) {
      for (int j = 0; j < n; j++) {
        const V t = a[j];
        a[j] = SEL(lanes, b[j], t);
        b[j] = SEL(lanes, t, b[j]);
      }
    }
    INLINE void FACTORS(V *a, V *pivots, const int n) {
      for (int k = 0; k < n; k++) {
        V best = ABS(a[k * n + k]), row = BC(k);
        for (int i = k + 1; i < n; i++) {
          const V size = ABS(a[i * n + k]);
          const M larger = LT(best, size);
          best = SEL(larger, size, best);
          row = SEL(larger, BC(i), row);
        }
        pivots[k] = row;
        for (int i = k + 1; i < n; i++) {
          const M lanes = EQ(row, BC(i));
          if (ANY(lanes)) EXCHANGE(a + k * n, a + i * n, n, lanes);
        }
        // Below a pivot of zero there are zeros only: they stay.
        const V pivot = a[k * n + k], inverse = BC(1) / SEL(EQ(pivot, BC(0)), BC(1), pivot);
        for (int i = k + 1; i < n; i++) {
          const V l = a[i * n + k] * inverse;
          a[i * n + k] = l;
          for (int j = k + 1; j < n; j++) a[i * n + j] -= l * a[k * n + j];
        }
      }
    }

    """

  private static let exchangeByLane = """
    INLINE void PIVOT_V(V *x, const V *pivots, int i, const int n, const int m) {
      for (int j = i + 1; j < n; j++) {
        const M lanes = EQ(pivots[i], BC(j));
        if (ANY(lanes)) EXCHANGE(x + i * m, x + j * m, m, lanes);
      }
    }

    """

  private static let exchangeOfAll = """
    INLINE void PIVOT_T(V *x, const T *pivots, int i, const int n, const int m) {
      const long j = ENTRY(pivots[i], n);
      for (int c = 0; c < m; c++) {
        const V t = x[i * m + c];
        x[i * m + c] = x[j * m + c];
        x[j * m + c] = t;
      }
    }

    """

  /// For factors of each member (`@F` is V) or of all (T).
  private static let solving = """
    INLINE void SOLVE_@F(V *x, const @F *f, const @F *pivots, const int n, const int m) {
      for (int i = 0; i < n; i++) PIVOT_@F(x, pivots, i, n, m);
      for (int i = 1; i < n; i++)
        for (int j = 0; j < i; j++)
          for (int c = 0; c < m; c++) x[i * m + c] -= @B(f[i * n + j]) * x[j * m + c];
      for (int i = n - 1; i >= 0; i--) {
        const V inverse = BC(1) / @B(f[i * n + i]);
        for (int j = i + 1; j < n; j++)
          for (int c = 0; c < m; c++) x[i * m + c] -= @B(f[i * n + j]) * x[j * m + c];
        for (int c = 0; c < m; c++) x[i * m + c] *= inverse;
      }
    }
    INLINE void SOLVE_TRANSPOSED_@F(V *x, const @F *f, const @F *pivots, const int n, const int m) {
      for (int i = 0; i < n; i++) {
        const V inverse = BC(1) / @B(f[i * n + i]);
        for (int c = 0; c < m; c++) x[i * m + c] *= inverse;
        for (int j = i + 1; j < n; j++)
          for (int c = 0; c < m; c++) x[j * m + c] -= @B(f[i * n + j]) * x[i * m + c];
      }
      for (int i = n - 1; i > 0; i--)
        for (int j = 0; j < i; j++)
          for (int c = 0; c < m; c++) x[j * m + c] -= @B(f[i * n + j]) * x[i * m + c];
      for (int i = n - 1; i >= 0; i--) PIVOT_@F(x, pivots, i, n, m);
    }

    """

  /// Jacobi's method, cyclic by rows: every lane turns its own pairs of rows and columns until, in a whole sweep, none of its
  /// entries off the diagonal is worth it. It takes 6 to 10 sweeps; 30 are the end in any case.
  private static let eigen = """
    static void EIGEN(V *values, V *vectors, V *a, V *z, const int n, M active) {
      V sum = BC(0);
      for (int i = 0; i < n * n; i++) {
        sum += ABS(a[i]);
        z[i] = BC(i % (n + 1) == 0);
      }
      // Zero, or NaN where a component is not finite.
      const V poison = sum - sum;
      const V least = sum * BC((T)@epsilon / (16 * n));
      for (int sweep = 0; sweep < 30; sweep++) {
        M moved = NOT(ALL);
        for (int p = 0; p < n; p++)
          for (int q = p + 1; q < n; q++) {
            const V x = a[p * n + q];
            const M turns = AND(active, LT(least, ABS(x)));
            if (!ANY(turns)) continue;
            moved = OR(moved, turns);
            // The smaller angle that makes the entry zero: t its tangent, c its cosine, s its sine.
            const V theta = (a[q * n + q] - a[p * n + p]) / (BC(2) * SEL(turns, x, BC(1)));
            const V size = BC(1) / (ABS(theta) + SQRT(theta * theta + BC(1)));
            const V t = SEL(LT(theta, BC(0)), -size, size), c = BC(1) / SQRT(t * t + BC(1)), s = t * c;
            a[p * n + p] = SEL(turns, a[p * n + p] - t * x, a[p * n + p]);
            a[q * n + q] = SEL(turns, a[q * n + q] + t * x, a[q * n + q]);
            a[p * n + q] = a[q * n + p] = SEL(turns, BC(0), x);
            for (int i = 0; i < n; i++) {
              const V u = z[p * n + i], v = z[q * n + i];
              z[p * n + i] = SEL(turns, c * u - s * v, u);
              z[q * n + i] = SEL(turns, s * u + c * v, v);
              if (i == p || i == q) continue;
              const V b = a[i * n + p], d = a[i * n + q];
              a[i * n + p] = a[p * n + i] = SEL(turns, c * b - s * d, b);
              a[i * n + q] = a[q * n + i] = SEL(turns, s * b + c * d, d);
            }
          }
        if (!ANY(moved)) break;
      }
      for (int i = 0; i < n; i++) values[i] = a[i * n + i] + poison;
      for (int i = 0; i < n; i++) {
        V least = values[i], place = BC(i);
        for (int j = i + 1; j < n; j++) {
          const M less = LT(values[j], least);
          least = SEL(less, values[j], least);
          place = SEL(less, BC(j), place);
        }
        for (int j = i + 1; j < n; j++) {
          const M lanes = EQ(place, BC(j));
          if (!ANY(lanes)) continue;
          EXCHANGE(values + i, values + j, 1, lanes);
          EXCHANGE(z + i * n, z + j * n, n, lanes);
        }
        V largest = BC(0), leading = BC(1);
        for (int j = 0; j < n; j++) largest = MAX(ABS(z[i * n + j]), largest);
        for (int j = n - 1; j >= 0; j--) {
          const V x = z[i * n + j];
          leading = SEL(LT(BC((T)@share) * largest, ABS(x)), x, leading);
        }
        const M isNegative = LT(leading, BC(0));
        for (int j = 0; j < n; j++) {
          const V x = z[i * n + j];
          vectors[j * n + i] = SEL(isNegative, -x, x) + poison;
        }
      }
    }

    """
}
