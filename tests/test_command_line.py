"""`python -m service fit`: a file and a formula in, a summary or a document out, or the reason why there is none."""

import gzip
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from service.__main__ import main
from service.contract import FitCollection, FitDocument
from tests.tasks.questions import RADON, document

FORMULA = "log_radon ~ floor + (1 | county)"
RADON_CSV = files("service.data").joinpath("datasets", "radon.csv").read_bytes()


def arrow(path: Path, *, stream: bool) -> None:
    table = pyarrow.csv.read_csv(io.BytesIO(RADON_CSV))
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(str(path), table.schema) as writer:
        writer.write_table(table)


WRITERS: dict[str, Callable[[Path], object]] = {
    "radon.csv": lambda path: path.write_bytes(RADON_CSV),
    "radon.CSV.GZ": lambda path: path.write_bytes(gzip.compress(RADON_CSV)),
    "radon.tsv": lambda path: path.write_bytes(RADON_CSV.replace(b",", b"\t")),
    "radon.arrow": lambda path: arrow(path, stream=False),
    "radon.arrows": lambda path: arrow(path, stream=True),
    "radon.parquet": lambda path: pyarrow.parquet.write_table(pyarrow.csv.read_csv(io.BytesIO(RADON_CSV)), path),
    "radon without an ending": lambda path: path.write_bytes(RADON_CSV),
}


@pytest.fixture
def radon(tmp_path: Path) -> str:
    path = tmp_path / "radon.csv"
    path.write_bytes(RADON_CSV)
    return str(path)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that succeeds prints."""
    assert main(["fit", *arguments]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    found = FitDocument.model_validate_json(shown(capsys, str(tmp_path / name), FORMULA, "--json"))
    assert found == document(RADON)


def test_the_summary_is_printed(capsys: pytest.CaptureFixture[str], radon: str) -> None:
    printed = shown(capsys, radon, FORMULA)
    assert printed.startswith(f"lmer(formula = {FORMULA})\n")
    assert printed.endswith("deviance = 2163.7\n")


def test_digits(capsys: pytest.CaptureFixture[str], radon: str) -> None:
    assert "floor        -0.6930  0.0704" in shown(capsys, radon, FORMULA, "--digits", "4")


def test_each_response_has_a_summary(capsys: pytest.CaptureFixture[str], radon: str) -> None:
    printed = shown(capsys, radon, "cbind(log_radon, radon) ~ floor + (1 | county)")
    alone = [shown(capsys, radon, f"{response} ~ floor + (1 | county)") for response in ("log_radon", "radon")]
    assert printed == "\n".join(alone)


def test_a_response_that_fails_leaves_the_others_and_is_told(capsys: pytest.CaptureFixture[str], radon: str) -> None:
    assert main(["fit", radon, "cbind(log_radon, radom) ~ floor + (1 | county)"]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith(shown(capsys, radon, FORMULA))
    assert printed.endswith("lmer(formula = radom ~ floor + (1 | county))\n"
                            "failed: The data have no column `radom`; did you mean `radon`?\n")  # fmt: skip


def test_a_collection_in_json(capsys: pytest.CaptureFixture[str], radon: str) -> None:
    printed = shown(capsys, radon, "cbind(log_radon, radon) ~ floor + (1 | county)", "--json")
    assert len(FitCollection.model_validate_json(printed).fits) == 2


def test_options_are_written_as_in_a_query(capsys: pytest.CaptureFixture[str], radon: str) -> None:
    options = ["method=ML", "theta=0.5", "include=fitted", "include=residuals", "confidence_level=0.9"]
    found = json.loads(shown(capsys, radon, FORMULA, *options, "--json"))
    assert found["model"]["method"] == "ML"
    assert found["convergence"]["theta"] == [0.5]
    assert len(found["fitted"]) == len(found["residuals"]) == 919
    assert found["coefficients"] is None


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that is refused says."""
    assert main(["fit", *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    said = re.fullmatch(r"partialpool: (.+)\n", printed.err, re.DOTALL)
    assert said
    return said[1]


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing.csv", "No such file"), (".", "Is a directory"), ("x" * 300, "File name too long"), ("a\nb", "No such")],
)
def test_a_file_that_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, words: str) -> None:
    said = refusal(capsys, str(tmp_path / name), FORMULA)
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "empty.csv"), (b"nonsense", "bad.parquet"), (b"nonsense", "bad.arrow"), (b"nonsense", "bad.csv.gz")],
)
def test_a_file_that_is_not_what_its_name_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, name: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert "\n" not in refusal(capsys, str(tmp_path / name), FORMULA)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["log_radon ~ flor + (1 | county)"], "did you mean `floor`?"),
        ([FORMULA, "metod=ML"], "did you mean `method`?"),
        ([FORMULA, "ML"], "There is no such option"),
        ([FORMULA, "theta=half"], "must be JSON"),
        ([FORMULA, "formula=y ~ x"], "given twice"),
        ([FORMULA, "formulas=y ~ x"], "not both"),
        ([FORMULA, "dataset=radon"], "not both"),
    ],
)
def test_what_is_asked_wrongly_is_said_in_a_line(
    capsys: pytest.CaptureFixture[str], radon: str, arguments: list[str], words: str
) -> None:
    said = refusal(capsys, radon, *arguments)
    assert words in said
    assert "\n" not in said


def test_a_mistake_in_the_formula_is_pointed_at(capsys: pytest.CaptureFixture[str], radon: str) -> None:
    _, formula, caret = refusal(capsys, radon, "log_radon ~ floor + + (1 | county").splitlines()
    assert formula[caret.index("^")] == "("


@pytest.mark.parametrize("digits", ["-1", "11", "two"])
def test_digits_have_a_range(capsys: pytest.CaptureFixture[str], radon: str, digits: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["fit", radon, FORMULA, f"--digits={digits}"])
    assert stopped.value.code == 2
    assert "--digits" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[31m", "\udcff", "a" * 101])
def test_the_name_of_a_key_can_be_shown(capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["keys", "create", name])
    assert stopped.value.code == 2
    assert "a name has 1 to 100 characters" in capsys.readouterr().err


def test_who_makes_the_first_key_learns_from_when_on_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTIALPOOL_DATA_DIR", str(tmp_path))
    said = []
    for name in ("me", "you"):
        assert main(["keys", "create", name]) == 0
        printed = capsys.readouterr()
        assert printed.out.startswith("pp_")
        said.append(printed.err)
    assert "first key" in said[0]
    assert said[1] == ""


def test_nothing_is_said_to_whoever_has_read_enough(radon: str) -> None:
    command = [sys.executable, "-m", "service", "fit", radon, FORMULA]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == ("", 1)


def test_it_is_a_command(radon: str) -> None:
    command = [sys.executable, "-m", "service", "fit", radon, FORMULA]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("lmer(")
    assert done.stderr == ""
