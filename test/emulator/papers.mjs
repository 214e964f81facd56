// SPDX-License-Identifier: Apache-2.0
//
// Small documents as people attach them, composed here so that a test knows every word of them: Office files (archives of XML)
// and a PDF.
import { deflateRawSync } from 'node:zlib';

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const numbers = (...pairs) => Buffer.concat(pairs.map(([value, size]) => {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
}));

// A ZIP archive of {name: text}, deflated.
export function archive(parts) {
  const files = [];
  const directory = [];
  let at = 0;
  for (const [name, text] of Object.entries(parts)) {
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const about = numbers([20, 2], [0, 2], [8, 2], [0, 2], [0x5b6a, 2], [crc32(content), 4], [packed.length, 4], [content.length, 4], [name.length, 2]);
    const file = Buffer.concat([Buffer.from('PK\x03\x04'), about, numbers([0, 2]), Buffer.from(name), packed]);
    directory.push(Buffer.from('PK\x01\x02'), numbers([20, 2]), about, Buffer.alloc(12), numbers([at, 4]), Buffer.from(name));
    files.push(file);
    at += file.length;
  }
  const list = Buffer.concat(directory);
  const count = files.length;
  return Buffer.concat([...files, list, Buffer.from('PK\x05\x06'), numbers([0, 4], [count, 2], [count, 2], [list.length, 4], [at, 4], [0, 2])]);
}

const relations = (...list) => `<Relationships>${list.map(([id, kind, target]) => `<Relationship Id="${id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${kind}" Target="${target}"/>`).join('')}</Relationships>`;
const paragraph = (text, properties = '') => `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`;

export const letterDocx = archive({
  '[Content_Types].xml': '<Types/>',
  'word/styles.xml': '<w:styles><w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style></w:styles>',
  'word/document.xml': `<w:document><w:body>${paragraph('Lease of pier 4', '<w:pStyle w:val="H1"/>')}${paragraph('The rent is 4,000 a month. Codeword: tangerine.')}<w:tbl><w:tr><w:tc>${paragraph('year')}</w:tc><w:tc>${paragraph('rent')}</w:tc></w:tr><w:tr><w:tc>${paragraph('2027')}</w:tc><w:tc>${paragraph('48,000')}</w:tc></w:tr></w:tbl><w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>canary-hidden-in-word</w:t></w:r></w:p></w:body></w:document>`,
});

export const figuresXlsx = archive({
  'xl/workbook.xml': '<workbook><sheets><sheet name="Revenue" sheetId="1" r:id="r1"/><sheet name="Costs" sheetId="2" r:id="r2"/></sheets></workbook>',
  'xl/_rels/workbook.xml.rels': relations(['r1', 'worksheet', 'worksheets/sheet1.xml'], ['r2', 'worksheet', 'worksheets/sheet2.xml'], ['r3', 'sharedStrings', 'sharedStrings.xml'], ['r4', 'styles', 'styles.xml']),
  'xl/sharedStrings.xml': '<sst><si><t>Region</t></si><si><t>Since</t></si><si><t>Zürich</t></si></sst>',
  'xl/styles.xml': '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
  'xl/worksheets/sheet1.xml': '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" s="1"><v>46336</v></c></row></sheetData></worksheet>',
  'xl/worksheets/sheet2.xml': '<worksheet><sheetData><row r="1"><c r="A1"><v>1284.5</v></c></row></sheetData></worksheet>',
});

// One line of ASCII on each page.
export function pdfOf(pages) {
  const ids = pages.map((_, n) => 4 + 2 * n);
  const objects = pages.map((line, n) => {
    const drawing = `BT /F1 12 Tf 50 100 Td (${line}) Tj ET`;
    return `${ids[n]} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 300]/Contents ${ids[n] + 1} 0 R/Resources<</Font<</F1 3 0 R>>>>>>endobj\n${ids[n] + 1} 0 obj<</Length ${drawing.length}>>stream\n${drawing}\nendstream endobj\n`;
  });
  return Buffer.from(`%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[${ids.map((id) => `${id} 0 R`).join(' ')}]/Count ${pages.length}>>endobj\n3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n${objects.join('')}trailer<</Root 1 0 R>>\n%%EOF\n`);
}

export const minutesPdf = pdfOf(['Minutes of the board', 'Nothing was decided. Codeword: persimmon.', 'Signed by all']);
