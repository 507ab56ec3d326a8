"""The readers give back what a file holds, or say in one sentence why they cannot."""

from __future__ import annotations

import contextlib
import csv
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import CORPUS, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from headswap.data.messages import Message
from headswap.data.readers import HAM_SPAM, Corpus, group_duplicates, read_messages, read_sms, read_table, text_key
from headswap.errors import DataError, HeadswapError, SettingError

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n\t")).filter(str.strip)
LONG_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0")).filter(str.strip)


def labelled(texts: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, str]]]:
    rows = st.lists(st.tuples(st.sampled_from(list[str](HAM_SPAM)), texts), min_size=2, max_size=12)
    return rows.filter(lambda rows: len({label for label, _ in rows}) == 2)


def as_messages(rows: list[tuple[str, str]]) -> tuple[Message, ...]:
    return tuple(Message(text, HAM_SPAM.index(label)) for label, text in rows)


def write(folder: Path, content: str | bytes, name: str = "messages.txt") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def complaint(path: Path, reader=read_messages, error: type[HeadswapError] = DataError, **arguments) -> str:
    """The sentence a reader refuses a file with, checked to be one sentence that offers a way out."""
    with pytest.raises(error) as caught:
        reader(path, **arguments)
    sentence = str(caught.value)
    plain = sentence.replace(str(path), "FILE")
    assert plain.endswith(".") and ". " not in plain and "\n" not in plain and ": " in plain
    return sentence


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readers")


@given(labelled(TEXTS))
@settings(max_examples=60, deadline=None)
def test_any_messages_written_in_uci_form_read_back_equal(scratch, rows):
    path = write(scratch, "".join(f"{label}\t{text}\n" for label, text in rows))
    found = read_sms(path)
    assert (found.messages, found.label_names, found.source) == (as_messages(rows), HAM_SPAM, str(path))


@given(labelled(LONG_TEXTS), st.sampled_from([",", ";"]), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=60, deadline=None)
def test_any_messages_written_as_csv_read_back_equal_even_over_several_lines(scratch, rows, delimiter, end):
    path = scratch / "messages.csv"
    # Before Python 3.13 the writer leaves a lone \r without quotes unless it ends lines with it.
    quoting = csv.QUOTE_MINIMAL if "\r" in end else csv.QUOTE_ALL
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting)
        writer.writerows([("label", "text"), *rows])
    assert read_table(path).messages == as_messages(rows)


@given(labelled(TEXTS))
@settings(max_examples=30, deadline=None)
def test_any_messages_written_as_tsv_with_a_header_read_back_equal(scratch, rows):
    path = write(scratch, "\n".join(["id\ttext\tlabel", *(f"7\t{t}\t{y}" for y, t in rows)]), "m.tsv")
    assert read_table(path).messages == as_messages(rows)


@given(st.binary(max_size=60), st.sampled_from(["m.csv", "m.tsv", "m.txt"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_at_all_are_read_or_refused_on_purpose(scratch, raw, name):
    with contextlib.suppress(DataError):
        read_messages(write(scratch, raw, name))


def test_quotes_in_the_uci_form_stand_for_themselves(tmp_path):
    path = write(tmp_path, 'ham\t"open\nspam\tclose" it\n')
    assert [m.text for m in read_messages(path).messages] == ['"open', 'close" it']


def test_crlf_line_ends_and_blank_lines_are_no_part_of_a_text(tmp_path):
    path = write(tmp_path, "\r\nham\thello \r\n\r\nspam\twin\r\n")
    assert [m.text for m in read_messages(path).messages] == ["hello ", "win"]


@pytest.mark.parametrize("separator", ["\u2028", "\x0b", "\x0c", "\x85"])
def test_characters_an_editor_does_not_break_at_do_not_break_a_message(tmp_path, separator):
    path = write(tmp_path, f"ham\ta{separator}b\nspam\tc\nhem\td\n")
    assert "line 3 " in complaint(path)


@pytest.mark.parametrize(
    ("negative", "positive"),
    [("0", "1"), ("No", "YES"), ("False", "True"), ("legit", "fraud"), ("Not spam", "SPAM"), ("zebra", "junk mail"),
     ("non-toxic", "toxic"), ("-1", "1"), ("1", "2"), ("0.0", "1.0"), ("ham", "unwanted"), ("Ham", "SPAM")],
)  # fmt: skip
def test_classes_keep_their_names_and_the_one_that_is_looked_for_is_guessed_from_words(tmp_path, negative, positive):
    path = write(tmp_path, f"label,text\n{positive},win\n{negative},hi\n", "m.csv")
    found = read_messages(path)
    assert found.label_names == (negative, positive)
    assert found.messages == (Message("win", 1), Message("hi", 0))
    plain = {negative.casefold(), positive.casefold()} == {"ham", "spam"}
    assert plain or f"{positive!r} is taken as the positive class" in found.notes[0], "said aloud"


def test_where_no_word_tells_the_rarer_class_is_the_positive_one_and_that_is_said(tmp_path):
    path = write(tmp_path, "label,text\nA,1\nB,2\nB,3\n", "m.csv")
    assert read_messages(path).label_names == ("B", "A")
    assert "'A' is taken as the positive class, the rarer of the two" in read_messages(path).notes[0]


def test_the_user_names_the_positive_class(tmp_path):
    path = write(tmp_path, "label,text\nfraud,win\nlegit,hi\n", "m.csv")
    found = read_messages(path, positive="Legit")
    assert (found.label_names, found.notes) == (("fraud", "legit"), ())
    assert "'legit'" in complaint(path, error=SettingError, positive="spam")


def test_other_label_names_are_sorted_and_numbers_by_value(tmp_path):
    named = write(tmp_path, "text,label\na,sport \nb, art\nc,Sport\nd,sport\ne,law\n", "a.csv")
    assert read_table(named).label_names == ("art", "law", "sport")
    assert [m.label for m in read_table(named).messages] == [2, 0, 2, 2, 1]
    numbered = write(tmp_path, "text,label\na,10\nb,9\nc,1\n", "b.csv")
    assert read_table(numbered).label_names == ("1", "9", "10")


def test_label_names_given_set_the_order_of_the_classes(tmp_path):
    table = write(tmp_path, "text,label\na,good\nb,BAD\n", "m.csv")
    assert [m.label for m in read_messages(table, label_names=("good", "bad")).messages] == [0, 1]
    sms = write(tmp_path, "ham\ta\nspam\tb\n")
    assert [m.label for m in read_messages(sms, label_names=("spam", "ham")).messages] == [1, 0]


@pytest.mark.parametrize("names", [(), ("ham",), ("ham", "Ham")])
def test_label_names_that_name_less_than_two_classes_are_refused(tmp_path, names):
    path = write(tmp_path, "text,label\na,ham\nb,spam\n", "m.csv")
    assert "label_names" in complaint(path, read_table, SettingError, label_names=names)


def test_a_third_label_beside_ham_and_spam_is_reported_as_a_slip(tmp_path):
    path = write(tmp_path, "text,label\na,ham\nb,spam\nc,spma\n", "m.csv")
    assert "line 4" in (said := complaint(path)) and "'spma'" in said
    assert read_table(path, label_names=("ham", "spam", "spma")).messages[2].label == 2


@pytest.mark.parametrize("header", ["Category,Message", "v1,v2", "CLASS,SMS", "spam,body", "target,content"])
def test_common_column_names_are_guessed_in_any_case(tmp_path, header):
    path = write(tmp_path, f"{header}\nham,hi\nspam,win\n", "m.csv")
    assert read_messages(path).messages == (Message("hi", 0), Message("win", 1))


def test_a_tab_table_whose_label_column_is_called_spam_is_no_uci_file(tmp_path):
    path = write(tmp_path, "spam\ttext\n0\thi\n1\twin\n")
    assert read_messages(path).messages == (Message("hi", 0), Message("win", 1))


def test_a_named_column_makes_a_table_of_what_looks_like_a_uci_file(tmp_path):
    path = write(tmp_path, "ham\tnote\n0\thi\n1\twin\n")
    assert read_messages(path, text="note", label="ham").messages == (Message("hi", 0), Message("win", 1))


def test_named_columns_win_over_guesses(tmp_path):
    path = write(tmp_path, "text,label,Words,kind\nx,y,hi,ham\nx,y,win,spam\n", "m.csv")
    assert read_messages(path, text="words", label="kind").messages == (Message("hi", 0), Message("win", 1))


@pytest.mark.parametrize(
    ("name", "mark"), [("m.txt", "\t"), ("m.txt", ","), ("m.txt", ";"), ("m.csv", ";"), ("m.dat", ";")]
)
def test_the_delimiter_is_found_where_the_suffix_does_not_tell(tmp_path, name, mark):
    path = write(tmp_path, f"text{mark}label\nhi{mark}0\nwin{mark}1\n", name)
    assert read_messages(path).messages == (Message("hi", 0), Message("win", 1))


def test_the_suffix_decides_between_two_delimiters(tmp_path):
    path = write(tmp_path, "a,b,c,d,e\ttext\tlabel\n1\thi, you\t0\n2\twin\t1\n", "m.tsv")
    assert read_messages(path).messages[0].text == "hi, you"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("content", ["ham\tol\u00e9\nspam\twin\n", "label\ttext\nham\tol\u00e9\nspam\twin\n"])
def test_utf8_and_marked_files_are_read_without_being_told(tmp_path, encoding, content):
    path = write(tmp_path, content.encode(encoding))
    assert read_messages(path).messages == (Message("ol\u00e9", 0), Message("win", 1))


def test_a_stated_encoding_is_obeyed(tmp_path):
    path = write(tmp_path, "ham\tol\u00e9 \u20ac5\nspam\twin\n".encode("cp1252"))
    assert read_messages(path, encoding="cp1252").messages[0].text == "ol\u00e9 \u20ac5"
    marked = write(tmp_path, "ham\tol\u00e9\nspam\twin\n".encode("utf-8-sig"))
    assert read_messages(marked, encoding="utf-8").messages[0].text == "ol\u00e9"
    assert "'klingon'" in complaint(path, error=SettingError, encoding="klingon")


def test_a_file_that_is_not_utf8_is_refused_with_line_offset_and_the_likely_encoding(tmp_path):
    path = write(tmp_path, b"ham\thi\r\nham\tcosts \xa35\r\nspam\twin\r\n")
    said = complaint(path)
    assert f"{path}, line 2, byte offset 18 " in said and "--encoding cp1252" in said
    assert path.read_bytes()[18] == 0xA3


def test_cp1252_is_not_suggested_where_it_would_fail_too(tmp_path):
    said = complaint(write(tmp_path, b"ham\thi\nspam\t\xff\x81\n"))
    assert "byte offset 12 " in said and "encoding cp1252" not in said and "--encoding" in said


def test_a_broken_utf16_file_is_refused_with_its_line_and_offset(tmp_path):
    raw = "ham\thi\nspam\t".encode("utf-16")
    assert f"line 2, byte offset {len(raw)} " in complaint(write(tmp_path, raw + b"\x00\xdcx\x00"))


@pytest.mark.parametrize("raw", [b"ham\thi\nspam\tw\0in\n", "ham\thi\n".encode("utf-16")[2:]])
def test_a_binary_file_is_refused_with_its_line(tmp_path, raw):
    said = complaint(write(tmp_path, raw))
    assert ("line 2 " if raw.startswith(b"ham\thi") else "line 1") in said and "text file" in said


def test_a_workbook_is_told_apart_from_a_text(tmp_path):
    assert "save the sheet as CSV" in complaint(write(tmp_path, b"PK\x03\x04\0\0\xff\xfe\0\0", "m.xlsx"))


def test_a_missing_file_a_folder_and_an_empty_file_are_told_apart(tmp_path):
    assert "no file" in complaint(tmp_path / "nowhere.csv")
    assert "is a folder" in complaint(tmp_path)
    for nothing in (b"", b"\n \r\n", b"\xef\xbb\xbf"):
        assert "is empty" in complaint(write(tmp_path, nothing))


def test_a_table_of_nothing_but_a_header_is_refused(tmp_path):
    assert "only a header" in complaint(write(tmp_path, "text,label\n\n", "m.csv"))


def test_a_row_without_a_tab_is_refused_with_its_line(tmp_path):
    assert "line 3 has 1 field" in complaint(write(tmp_path, "ham\thi\nspam\twin\nham hello\n"))


@pytest.mark.parametrize(("row", "count"), [("ham,hi", 2), ("ham,hi,1,2", 4), ('ham,"hi', 0)])
def test_a_ragged_row_is_refused_with_the_line_it_begins_on(tmp_path, row, count):
    path = write(tmp_path, f'label,text,id\nspam,"two\nlines",9\n\n{row}\nham,x,2\n', "m.csv")
    said = complaint(path)
    assert "line 5 " in said and (f"has {count} field" in said or "quote" in said)


def test_a_tsv_row_with_a_tab_too_many_is_refused_with_its_line(tmp_path):
    said = complaint(write(tmp_path, "label\ttext\nham\thi\nspam\twin\tnow\n", "m.tsv"))
    assert "line 3 has 3 field(s), expected 2" in said


def test_an_unknown_label_is_refused_with_line_value_and_the_known_ones(tmp_path):
    said = complaint(write(tmp_path, "ham\thi\nspam\twin\nhamm\thello\n"))
    assert "line 3 " in said and "'hamm'" in said and "ham, spam" in said
    table = write(tmp_path, "label,text\na,x\nb,y\n", "m.csv")
    assert "line 3 has the label 'b'" in complaint(table, label_names=("a", "c"))


@pytest.mark.parametrize(("row", "what"), [("ham\t  ", "text"), ("\thello", "label")])
def test_an_empty_message_or_label_is_refused_with_its_line(tmp_path, row, what):
    assert f"line 2 has an empty {what}" in complaint(write(tmp_path, f"ham\thi\n{row}\nspam\twin\n"))


def test_a_file_of_one_class_is_refused(tmp_path):
    assert "only the class spam" in complaint(write(tmp_path, "spam\thi\nspam\twin\n"))


def test_a_column_that_cannot_be_found_is_answered_with_the_columns_there_are(tmp_path):
    path = write(tmp_path, "words,kind\nhi,ham\nwin,spam\n", "m.csv")
    said = complaint(path)
    assert "'words', 'kind'" in said and "text=" in said and "--text-column" in said
    said = complaint(path, text="words")
    assert "'words', 'kind'" in said and "label=" in said and "--label-column" in said
    assert "expected kin once" in complaint(path, text="words", label="kin")


def test_a_column_name_that_stands_twice_is_refused(tmp_path):
    assert "once" in complaint(write(tmp_path, "text,text,label\na,b,ham\nc,d,spam\n", "m.csv"))


def test_one_column_cannot_be_both_text_and_label(tmp_path):
    path = write(tmp_path, "text,label\na,ham\nb,spam\n", "m.csv")
    assert "both" in complaint(path, error=SettingError, text="label", label="label")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "Permission denied" in complaint(write(tmp_path, "ham\thi\n"))


def test_grouping_keeps_the_first_of_texts_that_differ_in_case_or_white_space():
    messages = (Message("Hi  ma\u00df", 0), Message("win", 1), Message(" hi MASS ", 0), Message("WIN", 1))
    assert group_duplicates(Corpus(messages, HAM_SPAM, "x")).messages == messages[:2]


def test_one_text_under_two_labels_is_left_out_and_counted(tmp_path):
    path = write(tmp_path, "ham\ta\nspam\tWin now\nham\twin  NOW\nspam\tb\n")
    found = read_messages(path)
    assert found.notes == ("Left out, because the file gives them two labels: 1 text.",)
    assert [m.text for m in group_duplicates(found).messages] == ["a", "b"]


@given(st.lists(st.builds(Message, st.text(), st.just(0))))
def test_grouped_texts_are_all_different_and_none_is_lost(messages):
    grouped = group_duplicates(Corpus(tuple(messages), HAM_SPAM, "x")).messages
    keys = [text_key(message.text) for message in grouped]
    assert len(keys) == len(set(keys)) and set(keys) == {text_key(m.text) for m in messages}


def test_importing_the_package_or_the_readers_does_not_import_pandas():
    code = "import sys, headswap, headswap.data.readers; print('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout == "False\n"


@pytest.mark.corpus
def test_the_real_corpus_reads_in_full_and_groups_to_its_unique_texts():
    if not CORPUS.exists():
        pytest.skip(f"the SMS Spam Collection is not at {CORPUS}")
    corpus = read_messages(CORPUS)
    assert len(corpus.messages) == 5574 and sum(m.label for m in corpus.messages) == 747
    grouped = group_duplicates(corpus).messages
    assert len(grouped) == 5159 and sum(m.label for m in grouped) == 642
