import Foundation

/// A batch script that runs a job under Slurm, ends it cleanly before its time limit, and has it continued.
///
/// The scripts in `slurm/` are such texts too, for any job.
struct SlurmScript {
  /// What runs.
  enum Work {
    /// The job file and options that are given to the script itself.
    case arguments
    /// A job file, options of `flowmap run`, and the command that merges afterwards, if any.
    case job(String, options: [String], merge: [String])
  }

  var name = "flowmap"
  /// The tool, as the nodes find it.
  var tool = "flowmap"
  var work = Work.arguments
  var nodes = 1
  var ranksPerNode = 1
  /// Nil leaves the limit to the partition.
  var time: SlurmTime?
  var partition: String?
  var account: String?
  var gpusPerNode: Int?
  /// Further options of sbatch, such as `--qos=long`.
  var options: [String] = []
  /// How long before the time limit the run is asked to end.
  var notice = 120

  /// The line by which the tool knows scripts of its own.
  static let mark = "# Written by `flowmap submit`"

  /// At most half of the time, so that a short limit is no reason to do nothing.
  private var fittingNotice: Int { time.map { min(notice, $0.seconds / 2) } ?? notice }

  var text: String {
    (head + directives + body).joined(separator: "\n") + "\n"
  }

  private var head: [String] {
    let nodes = self.nodes == 1 ? "one node" : "\(self.nodes) nodes"
    switch work {
    case .arguments:
      return [
        "#!/bin/bash", "# Runs any job of flowmap on \(nodes), until it is done, however often that takes:", "#",
        "#   sbatch THIS-SCRIPT JOB.yaml [options of flowmap run]", "#",
        "\(Self.mark) --template; change what you like. Options of sbatch before the script's name",
        "# take precedence over those below.", "",
      ]
    case .job:
      return [
        "#!/bin/bash", "# Runs a job of flowmap on \(nodes), until it is done, however often that takes.",
        "\(Self.mark); change what you like, but the next submission replaces it.", "",
      ]
    }
  }

  private var directives: [String] {
    var lines = [
      "#SBATCH --job-name=\(name)", "#SBATCH --nodes=\(nodes)",
      "# A rank a node computes with all of its cores; more ranks share them.",
      "#SBATCH --ntasks-per-node=\(ranksPerNode)",
      "# All cores and all memory of each node.",
      "#SBATCH --exclusive", "#SBATCH --mem=0",
    ]
    if let time { lines.append("#SBATCH --time=\(time.text)") }
    if let partition { lines.append("#SBATCH --partition=\(partition)") }
    if let account { lines.append("#SBATCH --account=\(account)") }
    if let gpusPerNode {
      lines += [
        "# This version computes on the processors of GPU nodes; its backends make no use of the GPUs yet.",
        "#SBATCH --gpus-per-node=\(gpusPerNode)",
      ]
    }
    lines += options.map { "#SBATCH \($0)" }
    lines += [
      "# The log goes on where it was when the job is started again.",
      "#SBATCH --output=\(name)-%j.log", "#SBATCH --open-mode=append",
      "# So many seconds before the time limit this script gets a signal; Slurm may be a minute early.",
      "#SBATCH --signal=B:USR2@\(fittingNotice)",
      "# The job may be started again: by the last lines, after the failure of a node, after a preemption.",
      "#SBATCH --requeue", "",
    ]
    return lines
  }

  private var body: [String] {
    var lines = ["set -u", "flowmap=${FLOWMAP:-\(Self.quoted(tool))}"]
    switch work {
    case .arguments:
      lines.append(
        "[ $# -gt 0 ] || { echo \"usage: sbatch $SLURM_JOB_NAME JOB.yaml [options of flowmap run]\" >&2; exit 2; }")
    case .job(let job, let options, _):
      lines.append("set -- " + ([job] + options).map(Self.quoted).joined(separator: " "))
    }
    lines.append(Self.launching)
    if case .job(_, _, let merge) = work, !merge.isEmpty {
      lines.append("# With code 5 all is there, though members failed.")
      lines.append(
        "[ $code != 0 ] && [ $code != 5 ] || \"${launch[@]}\" \"$flowmap\" "
          + merge.map(Self.quoted).joined(separator: " ")
          + " || code=$?")
    }
    lines.append("exit $code")
    return lines
  }

  private static let launching = """

    # srun starts the ranks where it can speak PMIx, which Open MPI needs, else mpirun. LAUNCH=srun or LAUNCH=mpirun decides
    # otherwise. Ranks are not bound to cores: each takes its fair share of the node's. If one dies, all end.
    ranks=${SLURM_NTASKS_PER_NODE:-1}
    case ${LAUNCH:=$(srun --mpi=list 2>&1 | grep -qw pmix && echo srun || echo mpirun)} in
      srun) launch=(srun --mpi=pmix --ntasks-per-node="$ranks" --cpu-bind=none --kill-on-bad-exit=1) ;;
      mpirun) launch=(mpirun --map-by "ppr:$ranks:node" --bind-to none) ;;
      *) echo "LAUNCH must be srun or mpirun, but is '$LAUNCH'" >&2; exit 2 ;;
    esac
    echo "job $SLURM_JOB_ID, start $((${SLURM_RESTART_COUNT:-0} + 1)), on $SLURM_JOB_NODELIST: ${launch[*]} $flowmap run $*"

    # The signal is for this script alone, which hands it on; the ranks then commit what they have, and end with code 4.
    stopping=no launcher=
    trap 'stopping=yes; [ -z "$launcher" ] || kill -USR2 "$launcher"' USR2
    "${launch[@]}" "$flowmap" run "$@" &
    launcher=$!
    # A signal ends `wait` before the run has ended.
    while wait "$launcher"; code=$?; kill -0 "$launcher" 2>/dev/null; do :; done

    # Not complete, and nothing wrong: the same again, with what is missing. A job that was cancelled is not.
    if [ $code = 4 ] && [ $stopping = yes ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 100 ]; then
      echo "queueing the job again, to continue"
      scontrol requeue "$SLURM_JOB_ID" && exit 0
      echo "it was not queued again; the same submission continues the run" >&2
    fi
    """

  /// A word as the shell reads it back, whatever is in it.
  static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+=:,@%".contains($0)) }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
