using System.Text;
using Towpath.Core.Commits;
using Towpath.Engine.Git;
using Towpath.Protocol.Failpoints;
using Towpath.Protocol.Files;

namespace Towpath.Server.Git;

/// <summary>
/// The two hooks that run, in POSIX sh: starting .NET for each would cost more than all the rest of a push. They write
/// what they know into the push's folder, ring the server's bell, and print what comes back.
/// </summary>
/// <remarks>
/// None of it can wait for a server that is gone. Opening both ends of a named pipe waits for nobody; opening the
/// wanted end then has its counterpart, and with the first handle closed only the server holds the other side: when it
/// dies, reading ends and writing fails.
/// </remarks>
internal static class HookScripts
{
    /// <summary>The variable with the path of the push's folder.</summary>
    public const string FolderVariable = "TOWPATH_PUSH_FOLDER";

    /// <summary>The variable with the path of the server's bell.</summary>
    public const string BellVariable = "TOWPATH_BELL";

    private const UnixFileMode Runnable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const string CrossFailpoint = "cross ";

    /// <summary>What <see cref="Failpoint"/> does, in sh.</summary>
    private static readonly string Crossing = $$"""
        cross() {
          file=${{Failpoint.Variable}}
          printf 'hook %s\n' "$1" >>"$file"
          [ -f "$file.kill" ] && read -r who at <"$file.kill" || return 0
          if [ "$who" = hook ] && [ "$(grep -c '^hook ' "$file")" = "$at" ]; then
            rm -f "$file.kill"
            kill -9 $$
          fi
        }

        """;

    /// <param name="next">What a person does, or what happens, when the server went away.</param>
    private static string Open(string next) => $$"""
        #!/bin/sh
        # Written by Towpath at every start; changes are lost.
        trap '' PIPE
        gone() {
          echo 'The Towpath server went away. {{next}} when it is back.'
          exit 1
        }
        folder=${{FolderVariable}} bell=${{BellVariable}}
        if [ -z "$folder" ]; then
          echo 'This repository belongs to Towpath: push to the address of its server.'
          exit 1
        fi
        [ -p "$folder/reply" ] && [ -p "$bell" ] || gone
        exec 3<>"$folder/reply" 4<"$folder/reply" 5<>"$bell" 6>"$bell"
        exec 3>&- 5>&-
        """;

    private static readonly string Hear = """
        answer=
        # Each line begins with one letter: '.' yes, '!' no, ' ' print the rest.
        while IFS= read -r line; do
          case $line in
            .) answer=0; break ;;
            !) answer=1; break ;;
            *) printf '%s\n' "${line# }" ;;
          esac
        done <&4
        [ -n "$answer" ] || gone
        """;

    /// <summary>Before any ref moves. Options come last and refs first, so that no option can pass for a ref.</summary>
    public static string PreReceive { get; } = $$"""
        {{Open("Nothing was taken: push again")}}
        cross hook.pre-begun
        {
          printf '%s\n' "$GIT_QUARANTINE_PATH" "$GIT_OBJECT_DIRECTORY" "$GIT_ALTERNATE_OBJECT_DIRECTORIES"
          count=0
          while [ "$count" -le {{ProjectMachine.ChangesAtMost}} ] && IFS= read -r update; do
            printf '%s\n' "$update"
            count=$((count + 1))
          done
          echo options
          count=0
          while [ "$count" -lt "${GIT_PUSH_OPTION_COUNT:-0}" ] && [ "$count" -lt {{PushIntent.OptionsAtMost}} ]; do
            eval "printf '%s\\n' \"\$GIT_PUSH_OPTION_$count\""
            count=$((count + 1))
          done
        } >"$folder/pre"
        cross hook.pre-written
        printf '%s pre\n' "${{PushMark.Variable}}" >&6 2>/dev/null || gone
        exec 6>&-
        cross hook.pre-rung
        {{Hear}}
        cross hook.pre-heard
        exit "$answer"

        """;

    /// <summary>After the refs moved: those that did.</summary>
    public static string PostReceive { get; } = $$"""
        {{Open("The push is stored, and its run begins")}}
        cross hook.post-begun
        while read -r old new name; do
          printf '%s\n' "$name"
        done >"$folder/post"
        cross hook.post-written
        printf '%s post\n' "${{PushMark.Variable}}" >&6 2>/dev/null || gone
        exec 6>&-
        cross hook.post-rung
        {{Hear}}
        cross hook.post-heard
        exit "$answer"

        """;

    public static void Write(string folder)
    {
        DurableFile.Write(Path.Combine(folder, "pre-receive"), Encoding.UTF8.GetBytes(AsArmed(PreReceive)), Runnable);
        DurableFile.Write(Path.Combine(folder, "post-receive"), Encoding.UTF8.GetBytes(AsArmed(PostReceive)), Runnable);
    }

    /// <summary>Only a server with failpoints writes hooks that have some.</summary>
    private static string AsArmed(string script)
    {
        var lines = script.Split('\n');
        return Failpoint.ArmedFile is null
            ? string.Join('\n', lines.Where(line => !line.StartsWith(CrossFailpoint, StringComparison.Ordinal)))
            : string.Join('\n', [lines[0], Crossing, .. lines[1..]]);
    }
}
