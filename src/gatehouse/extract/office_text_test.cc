// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gatehouse/extract/document_text.h"
#include "gatehouse/extract/package.h"
#include "gatehouse/extract/sheet_cells.h"
#include "gatehouse/extract/zip_for_test.h"

namespace gatehouse::extract {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Entries = std::vector<TestEntry>;

DocumentText text_in(const Entries& entries, const PageRange& pages = {},
                     const TextLimits& limits = {}) {
  const std::string bytes = zip_of(entries);
  auto document = office_text(bytes, format_of(bytes), pages, limits);
  EXPECT_TRUE(document) << static_cast<int>(document.error());
  return document ? *document : DocumentText();
}

Trouble trouble_in(const Entries& entries) {
  const std::string bytes = zip_of(entries);
  const auto document = office_text(bytes, format_of(bytes), {});
  EXPECT_FALSE(document) << document->text;
  return document ? Trouble::busy : document.error();
}

TestEntry relations(const std::string& part, const std::string& content) {
  return {part, "<Relationships>" + content + "</Relationships>"};
}

std::string relation(const std::string& id, const std::string& kind, const std::string& target,
                     const std::string& more = "") {
  return "<Relationship Id=\"" + id + "\" Type=\"http://x/" + kind + "\" Target=\"" + target +
         "\"" + more + "/>";
}

// ---- Word

Entries word(const std::string& body, const Entries& more = {}) {
  Entries entries = more;
  entries.push_back(
      {"word/document.xml", "<w:document><w:body>" + body + "</w:body></w:document>"});
  return entries;
}

std::string paragraph(const std::string& text, const std::string& style = "") {
  return "<w:p><w:pPr>" + style + "</w:pPr><w:r><w:t>" + text + "</w:t></w:r></w:p>";
}

TEST(WordText, KeepsParagraphsHeadingsAndLists) {
  const TestEntry styles{"word/styles.xml",
                         R"(<w:styles><w:style w:styleId="berschrift2"><w:name w:val="heading 2"/>)"
                         R"(</w:style><w:style w:styleId="Titel"><w:name w:val="Title"/></w:style>)"
                         R"(<w:style w:styleId="x"><w:name w:val="Normal"/></w:style></w:styles>)"};
  const std::string item = "<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr>";
  const std::string inner = "<w:numPr><w:ilvl w:val=\"1\"/></w:numPr>";
  const DocumentText document = text_in(
      word(paragraph("Report", "<w:pStyle w:val=\"Titel\"/>") +
               paragraph("Costs &amp; more", "<w:pStyle w:val=\"berschrift2\"/>") +
               "<w:p><w:r><w:t xml:space=\"preserve\">Two </w:t></w:r><w:r><w:t>runs</w:t><w:tab/>"
               "<w:t>tab</w:t><w:br/><w:t>line</w:t></w:r></w:p><w:p/>" +
               paragraph("one", item) + paragraph("deeper", inner) + paragraph("end"),
           {styles}));
  EXPECT_EQ(document.text,
            "# Report\n\n## Costs & more\n\nTwo runs\ttab\nline\n\n- one\n  - deeper\n\nend");
  EXPECT_FALSE(document.cut);
  EXPECT_EQ(document.pages, 0u);
}

TEST(WordText, WritesTablesAsMarkdown) {
  const std::string nested = "<w:tbl><w:tr><w:tc>" + paragraph("in") + "</w:tc></w:tr></w:tbl>";
  const DocumentText document =
      text_in(word(paragraph("before") + "<w:tbl><w:tr><w:tc>" + paragraph("a") + paragraph("b|c") +
                   "</w:tc><w:tc>" + nested + "</w:tc></w:tr><w:tr><w:tc/><w:tc>" + paragraph("d") +
                   "</w:tc></w:tr></w:tbl>" + paragraph("after")));
  EXPECT_EQ(document.text, "before\n\n| a b\\|c | in |\n|---|---|\n|  | d |\n\nafter");
}

TEST(WordText, ShowsWhereLinksLeadAndWhatNotesSay) {
  const Entries more{
      relations("word/_rels/document.xml.rels",
                relation("r1", "hyperlink", "https://x.example/a?b=1", " TargetMode=\"External\"")),
      {"word/footnotes.xml", "<w:footnotes><w:footnote w:id=\"2\">" + paragraph("the note") +
                                 "</w:footnote></w:footnotes>"},
      {"word/comments.xml", "<w:comments><w:comment w:author=\"Bob\">" + paragraph("why?") +
                                "</w:comment></w:comments>"}};
  const DocumentText document =
      text_in(word("<w:p><w:hyperlink r:id=\"r1\"><w:r><w:t>here</w:t></w:r></w:hyperlink>"
                   "<w:hyperlink r:id=\"none\"><w:r><w:t>, there</w:t></w:r></w:hyperlink>"
                   "<w:r><w:footnoteReference w:id=\"2\"/></w:r></w:p>",
                   more));
  EXPECT_EQ(document.text,
            "here <https://x.example/a?b=1>, there[^2]\n\n[^2]: the note\n\nComment by Bob: why?");
}

// PI-03
TEST(WordText, LeavesOutWhatReadersDoNotSee) {
  const DocumentText document = text_in(
      word("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>canary</w:t></w:r>"
           "<w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr><w:t>seen</w:t></w:r>"
           "<w:del><w:r><w:delText>canary</w:delText></w:r></w:del>"
           "<w:moveFrom><w:r><w:t>canary</w:t></w:r></w:moveFrom>"
           "<w:r><w:instrText>canary</w:instrText></w:r></w:p>"
           "<w:p><w:r><mc:AlternateContent xmlns:mc=\"u\"><mc:Choice><w:txbxContent>" +
           paragraph("box") + "</w:txbxContent></mc:Choice><mc:Fallback>" + paragraph("canary") +
           "</mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>tail</w:t></w:r></w:p>"));
  EXPECT_EQ(document.text, "seen\n\nbox\n\ntail");
  EXPECT_EQ(document.hidden_characters, 6u);
}

// ---- Excel

Entries workbook(const std::string& rows, const Entries& more = {},
                 const std::string& properties = "") {
  Entries entries{
      {"xl/workbook.xml", "<workbook>" + properties +
                              R"(<sheets><sheet name="Q3" sheetId="1" r:id="r1"/>)"
                              R"(<sheet name="Old" sheetId="2" r:id="r2" state="hidden"/>)"
                              R"(</sheets></workbook>)"},
      relations("xl/_rels/workbook.xml.rels",
                relation("r1", "worksheet", "worksheets/sheet1.xml") +
                    relation("r2", "worksheet", "/xl/worksheets/sheet2.xml") +
                    relation("r3", "sharedStrings", "sharedStrings.xml") +
                    relation("r4", "styles", "styles.xml")),
      {"xl/worksheets/sheet1.xml", "<worksheet><sheetData>" + rows + "</sheetData><x></worksheet>"},
      {"xl/worksheets/sheet2.xml",
       "<worksheet><sheetData><row><c><v>7</v></c></row></sheetData></worksheet>"}};
  entries.insert(entries.end(), more.begin(), more.end());
  return entries;
}

const TestEntry kTexts{"xl/sharedStrings.xml",
                       "<sst><si><t>North</t></si><si><r><t>So</t></r><r><t>uth\n</t></r>"
                       "<rPh><t>phonetic</t></rPh></si></sst>"};
const TestEntry kStyles{
    "xl/styles.xml",
    R"(<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\.mm\.yyyy"/></numFmts>)"
    R"(<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>)"
    R"(<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="22"/></cellXfs></styleSheet>)"};

TEST(SheetText, HasEverySheetRowByRow) {
  const DocumentText document = text_in(workbook(
      R"(<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row><row r="2"/>)"
      R"(<row r="9"><c r="A9"><v>0.30000000000000004</v></c><c r="B9" t="b"><v>1</v></c>)"
      R"(<c r="C9" t="inlineStr"><is><t>in line</t></is></c><c r="D9" t="e"><v>#N/A</v></c>)"
      R"(<c r="E9" t="str"><f>A1</f><v>sum</v></c><c r="F9" s="1"><v>46336</v></c>)"
      R"(<c r="G9" s="2"><v>46336.385416666664</v></c></row>)",
      {kTexts, kStyles}));
  EXPECT_EQ(document.text,
            "## Sheet 1: Q3\nNorth\t\tSouth\n"
            "0.3\tTRUE\tin line\t#N/A\tsum\t2026-11-10\t2026-11-10 09:15:00\n\n"
            "## Sheet 2: Old (hidden)\n7");
  EXPECT_EQ(document.pages, 2u);
}

TEST(SheetText, IsOfTheSheetsWanted) {
  const DocumentText document = text_in(workbook("<row><c><v>1</v></c></row>"), {2, 2});
  EXPECT_EQ(document.text, "## Sheet 2: Old (hidden)\n7");
}

TEST(SheetText, KnowsWhereDaysBegin) {
  const std::string row = R"(<row><c s="1"><v>1</v></c></row>)";
  EXPECT_THAT(text_in(workbook(row, {kStyles})).text, HasSubstr("1900-01-01"));
  EXPECT_THAT(text_in(workbook(row, {kStyles}, "<workbookPr date1904=\"1\"/>")).text,
              HasSubstr("1904-01-02"));
}

TEST(SheetText, DoesNotFillGaps) {
  const DocumentText document = text_in(workbook(
      R"(<row><c r="B1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>)"
      R"(<row><c r="B1"><v>3</v></c><c r="A1"><v>backwards</v></c><c r="ZZZZ1"><v>4</v></c></row>)"));
  EXPECT_THAT(document.text, HasSubstr("\n\t1\tXFD=2\n\t3\t4\n"));
}

TEST(SheetCells, ShowNumbersAndDatesAsReadersSeeThem) {
  EXPECT_EQ(number_text("1200"), "1200");
  EXPECT_EQ(number_text("1.5E3"), "1500");
  EXPECT_EQ(number_text("x"), "x");
  EXPECT_EQ(date_text("0.5", false), "12:00:00");
  EXPECT_EQ(date_text("-1", false), "-1");
  EXPECT_EQ(date_text("1e300", false), "1e+300");
  EXPECT_EQ(date_text("x", false), "x");
  EXPECT_EQ(date_text("45291.99999999", false), "2024-01-01");
  const struct {
    int id;
    const char* code;
    bool is_date;
  } rows[] = {{0, "", false},
              {14, "", true},
              {22, "", true},
              {49, "", false},
              {164, "yyyy", true},
              {164, "#,##0.00", false},
              {164, "0 \"days\"", false},
              {164, "[Red]0", false},
              {164, "[h]:mm", false},
              {164, "h:mm", true},
              {164, "0\\d", false},
              {164, "0;d", false}};
  for (const auto& row : rows) EXPECT_EQ(shows_date(row.id, row.code), row.is_date) << row.code;
  EXPECT_EQ(column_of("A1"), 0u);
  EXPECT_EQ(column_of("AB12"), 27u);
  EXPECT_EQ(column_of("12"), std::string_view::npos);
}

TEST(SheetCells, SharedTextsAreBounded) {
  SharedTexts texts;
  const std::string mega(1'000'000, 'x');
  int kept = 0;
  while (kept < 100 && texts.add(mega)) ++kept;
  EXPECT_EQ(kept, 25);
  EXPECT_EQ(texts.at(24).size(), 1'000'000u);
  EXPECT_EQ(texts.at(25), "");
}

// ---- PowerPoint

Entries slides() {
  const std::string line = "<a:p><a:r><a:t>";
  const std::string end = "</a:t></a:r></a:p>";
  return {
      {"ppt/presentation.xml",
       R"(<p:presentation><p:sldIdLst><p:sldId id="256" r:id="r2"/><p:sldId id="257" r:id="r1"/>)"
       R"(</p:sldIdLst></p:presentation>)"},
      relations("ppt/_rels/presentation.xml.rels",
                relation("r1", "slide", "slides/slide1.xml") +
                    relation("r2", "slide", "slides/slide2.xml")),
      {"ppt/slides/slide1.xml",
       "<p:sld show=\"0\">" + line + "Later" + end +
           "<a:p><a:fld type=\"slidenum\"><a:t>2</a:t></a:fld></a:p></p:sld>"},
      {"ppt/slides/slide2.xml", "<p:sld>" + line + "Title" + end + line +
                                    "Point</a:t><a:br/><a:t>two" + end + "<a:tbl><a:tr><a:tc>" +
                                    line + "x" + end + "</a:tc></a:tr></a:tbl></p:sld>"},
      relations("ppt/slides/_rels/slide2.xml.rels",
                relation("r1", "notesSlide", "../notesSlides/notes1.xml")),
      {"ppt/notesSlides/notes1.xml", "<p:notes>" + line + "say hello" + end + "</p:notes>"}};
}

TEST(SlideText, HasSlidesInTheirOrderWithTheirNotes) {
  const DocumentText document = text_in(slides());
  EXPECT_EQ(document.text,
            "## Slide 1\nTitle\nPoint\ntwo\n\n| x |\n|---|\n\nNotes:\nsay hello\n\n"
            "## Slide 2 (hidden)\nLater");
  EXPECT_EQ(document.pages, 2u);
  EXPECT_EQ(text_in(slides(), {2, PageRange::kLast}).text, "## Slide 2 (hidden)\nLater");
}

// ---- OpenDocument

Entries open_document(const std::string& kind, const std::string& body) {
  return {{"mimetype", "application/vnd.oasis.opendocument." + kind},
          {"content.xml",
           "<office:document-content><office:automatic-styles><x>no</x>"
           "</office:automatic-styles><office:body>" +
               body + "</office:body></office:document-content>"}};
}

TEST(OpenDocumentText, ReadsTexts) {
  const DocumentText document = text_in(open_document(
      "text",
      "<text:tracked-changes><text:p>canary</text:p></text:tracked-changes>"
      "<text:h text:outline-level=\"2\">Head</text:h>"
      "<text:p>a<text:s text:c=\"2\"/><text:span>b</text:span><text:tab/>"
      "<text:a xlink:href=\"https://x.example/\">link</text:a>"
      "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>note</text:p>"
      "</text:note-body></text:note>.</text:p>"
      "<text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>two</"
      "text:p>"
      "</text:list-item></text:list></text:list-item></text:list>"
      "<table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell>"
      "<table:table-cell><text:p>y</text:p></table:table-cell></table:table-row></table:table>"));
  EXPECT_EQ(document.text,
            "## Head\n\na  b\tlink <https://x.example/> [note: note].\n\n- one\n  - two\n\n"
            "| x | y |\n|---|---|");
}

TEST(OpenDocumentText, ReadsSheets) {
  const Entries sheets = open_document(
      "spreadsheet",
      "<table:table table:name=\"One\"><table:table-row><table:table-cell><text:p>a</text:p>"
      "</table:table-cell><table:table-cell table:number-columns-repeated=\"2\"/>"
      "<table:table-cell table:number-columns-repeated=\"2\"><text:p>b</text:p></table:table-cell>"
      "<table:table-cell table:number-columns-repeated=\"16000\"/></table:table-row>"
      "<table:table-row "
      "table:number-rows-repeated=\"1000000\"><table:table-cell/></table:table-row>"
      "</table:table><table:table table:name=\"Two\"><table:table-row><table:table-cell>"
      "<text:p>c</text:p></table:table-cell></table:table-row></table:table>");
  const DocumentText document = text_in(sheets);
  EXPECT_EQ(document.text, "## Sheet 1: One\na\t\t\tb\tb\n\n## Sheet 2: Two\nc");
  EXPECT_EQ(document.pages, 2u);
  EXPECT_EQ(text_in(sheets, {2, 2}).text, "## Sheet 2: Two\nc");
}

TEST(OpenDocumentText, ReadsSlides) {
  const DocumentText document = text_in(open_document(
      "presentation",
      "<draw:page><text:p>first</text:p><presentation:notes><text:p>aside</text:p>"
      "</presentation:notes></draw:page><draw:page><text:p>second</text:p></draw:page>"));
  EXPECT_EQ(document.text, "## Slide 1\nfirst\nNotes:\naside\n\n## Slide 2\nsecond");
}

// ---- hostile ones

TEST(OfficeText, SaysWhatIsWrong) {
  Entries locked = open_document("text", "");
  locked.push_back({"META-INF/manifest.xml", "<m><encryption-data/></m>"});
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "<w:p>";
  const struct {
    const char* name;
    Entries entries;
    Trouble trouble;
  } rows[] = {
      {"entities",
       {{"word/document.xml", "<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>"}},
       Trouble::damaged},
      {"no XML", {{"word/document.xml", "PK"}}, Trouble::damaged},
      {"deep", word(deep), Trouble::damaged},
      {"password of an archive", {{"word/document.xml", "xxx", {}, 0, 1}}, Trouble::encrypted},
      {"password of OpenDocument", locked, Trouble::encrypted},
      {"no parts", {{"mimetype", "application/vnd.oasis.opendocument.text"}}, Trouble::unsupported},
      {"other archive", {{"a", "b"}}, Trouble::unsupported}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(trouble_in(row.entries), row.trouble);
  }
}

TEST(OfficeText, GivesWhatCameBeforeTheDamage) {
  const std::string bytes = zip_of({{"word/document.xml", "<d>" + paragraph("good") + "<broken"}});
  const auto document = office_text(bytes, Format::docx, {});
  ASSERT_TRUE(document);
  EXPECT_EQ(document->text, "good");
  EXPECT_TRUE(document->cut);
}

TEST(OfficeText, EndsAtItsLimitWithoutCuttingACharacter) {
  TextLimits limits;
  limits.text_bytes_max = 100;
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += paragraph("\xC3\xA4\xC3\xB6\xC3\xBC!");
  const DocumentText document = text_in(word(many), {}, limits);
  EXPECT_TRUE(document.cut);
  EXPECT_LE(document.text.size(), 100u);
  EXPECT_THAT(document.text, HasSubstr("\xC3\xA4"));
  EXPECT_NE(static_cast<unsigned char>(document.text.back()), 0xC3);
}

TEST(Package, TargetsStayInside) {
  EXPECT_EQ(resolved("xl/workbook.xml", "worksheets/a.xml"), "xl/worksheets/a.xml");
  EXPECT_EQ(resolved("ppt/slides/s.xml", "../notes/n.xml"), "ppt/notes/n.xml");
  EXPECT_EQ(resolved("xl/workbook.xml", "/xl/a.xml"), "xl/a.xml");
  EXPECT_EQ(resolved("a.xml", "./b//c"), "b/c");
  EXPECT_EQ(resolved("xl/a.xml", "../../../etc/passwd"), "");
}

}  // namespace
}  // namespace gatehouse::extract
